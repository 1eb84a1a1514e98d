"""What is done for each kind of request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from depot.api.paging import read_page
from depot.routing.tours import length_km
from depot.service import Depot, read_time
from depot.views import ladder_view, order_view, pick_views, product_view

if TYPE_CHECKING:
    from depot.api.app import Request


def place_order(depot: Depot, request: Request) -> dict[str, Any]:
    """Take an order."""
    order, others = depot.place(request.body)
    return {"order": order_view(order), "other_carriers": others}


def list_orders(depot: Depot, request: Request) -> dict[str, Any]:
    """Return a page of a customer's orders, the latest first."""
    page = read_page(depot.settings, request.query)
    found = depot.orders.of_customer(request.query.get("customer", ""))
    views = [order_view(order) for order in found]
    return {"total": len(views), "offset": page.offset, "orders": page.cut(views)}


def get_order(depot: Depot, request: Request) -> dict[str, Any]:
    """Return an order."""
    return {"order": order_view(depot.orders.get(request.path["id"]))}


def pick_order(depot: Depot, request: Request) -> dict[str, Any]:
    """Have an order picked."""
    order = depot.orders.get(request.path["id"])
    return {"id": order.id, "picks": pick_views(depot.pick(order))}


def ship_order(depot: Depot, request: Request) -> dict[str, Any]:
    """Hand an order to its carrier."""
    order = depot.orders.get(request.path["id"])
    label, loaded = depot.ship(order, read_time(request.body))
    return {"id": order.id, "label": label, "loaded": loaded.isoformat()}


def cancel_order(depot: Depot, request: Request) -> dict[str, Any]:
    """Give an order up."""
    order = depot.orders.get(request.path["id"])
    depot.cancel(order)
    return {"id": order.id, "status": order.status}


def plan_tours(depot: Depot, request: Request) -> dict[str, Any]:
    """Return the tours of a day."""
    vans, tours, manifest = depot.plan_tours(str(request.body.get("day", "")))
    told = [
        {"van": van.number, "grams": van.grams, "towns": tour, "km": round(length_km(tour), 1)}
        for van, tour in zip(vans, tours, strict=True)
    ]
    return {"tours": told, "manifest": manifest}


def run_standing(depot: Depot, request: Request) -> dict[str, Any]:
    """Order what a standing order has."""
    draft = depot.standing.draft(request.path["name"], float(request.body.get("factor", 1)))
    order, _ = depot.place(draft | {"at": request.body.get("at")})
    return {"order": order_view(order)}


def search_products(depot: Depot, request: Request) -> dict[str, Any]:
    """Return products by words of their names."""
    customer = request.query.get("customer", "")
    found = depot.search(request.query.get("search", ""), depot.catalog.all())
    told = [product_view(p) | ladder_view(depot.prices(customer, p)) for p in found[:20]]
    return {"products": told, "total": len(found)}


def get_substitute(depot: Depot, request: Request) -> dict[str, Any]:
    """Return what can stand in for a product."""
    quantity = int(request.query.get("quantity", "1"))
    return {"product": product_view(depot.substitute(request.path["sku"], quantity))}
