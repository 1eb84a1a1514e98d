from feed.cache.keys import document_key
from feed.context import RequestContext
from feed.graphql.nodes import Document
from feed.graphql.parser import parse


def load_document(context: RequestContext) -> Document:
    """Return the request's query parsed; clients send few different ones, so they are kept."""
    query = context.request.query
    return context.services.caches.documents.get_or_make(document_key(query), lambda: parse(query))
