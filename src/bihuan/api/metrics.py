"""Metrics in Prometheus' form; labels are routes and statuses, never a value of a customer or a person."""

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

registry = CollectorRegistry()
REQUESTS = Counter(
    "bihuan_http_requests_total",
    "Requests by operation and status.",
    ["operation", "status"],
    registry=registry,
)
SECONDS = Histogram(
    "bihuan_http_request_seconds",
    "Time per request in seconds.",
    ["operation"],
    registry=registry,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
IN_FLIGHT = Gauge("bihuan_http_requests_in_flight", "Requests being worked on.", registry=registry)
STREAMS = Gauge("bihuan_live_streams", "Streams of live updates that are open.", registry=registry)


def rendered() -> tuple[bytes, str]:
    """The exposition and its content type. Each web process answers for itself."""
    return generate_latest(registry), CONTENT_TYPE_LATEST
