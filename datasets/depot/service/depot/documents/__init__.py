"""Papers that travel with parcels and vans."""
