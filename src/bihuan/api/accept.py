"""What a browser says it takes and has, pure: Accept-Encoding and If-None-Match (RFC 9110)."""

from collections.abc import Sequence

#: Smallest first; where a client likes two alike, the earlier is given.
_SMALLEST = ("br", "gzip", "identity")


def best_encoding(header: str, there: Sequence[str]) -> str:
    """The encoding to give, of those there are; "identity" where none is liked, as the file must be given somehow."""
    weights = _weights(header)
    order = [name for name in _SMALLEST if name in there]
    liked = {name: weights.get(name, _unnamed(name, weights)) for name in order}
    best = max(order, key=lambda name: (liked[name], -order.index(name)))
    return best if liked[best] > 0 else "identity"


def is_listed(etag: str, header: str) -> bool:
    """Whether If-None-Match names this tag, or any."""
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return "*" in tags or etag in tags


def _unnamed(name: str, weights: dict[str, float]) -> float:
    """What was not named: by the star; unencoded is always taken, though less gladly than anything that was named."""
    return weights.get("*", 0.0001 if name == "identity" else 0.0)


def _weights(header: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in header.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if name:
            found["gzip" if name == "x-gzip" else name] = _weight(parameters)
    return found


def _weight(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            text = value.strip()
            is_number = text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit()
            return min(float(text), 1.0) if is_number else 0.0
    return 1.0
