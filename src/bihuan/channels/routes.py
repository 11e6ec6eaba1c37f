"""Channels over HTTP: every door that has operations of its own. Importing it declares them."""

from bihuan.channels import inbound_routes
from bihuan.channels.portal import entry, forms_routes, links, live, own_data, own_file, progress, routes

__all__ = [
    "entry",
    "forms_routes",
    "inbound_routes",
    "links",
    "live",
    "own_data",
    "own_file",
    "progress",
    "routes",
]
