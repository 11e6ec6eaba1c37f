"""A problem as RFC 9457 problem details, in the reader's language."""

import msgspec

from bihuan.core.problems import Language, Problem

_encoder = msgspec.json.Encoder()


def problem_body(problem: Problem, language: Language, request_id: str) -> bytes:
    """RFC 9457 problem details."""
    told: dict[str, object] = {
        "type": f"/problems/{type(problem).__name__}",
        "title": type(problem).__name__,
        "status": problem.status,
        "detail": problem.text(language),
        "request_id": request_id,
        **problem.extra,
    }
    if problem.fields:
        told["errors"] = [
            {"pointer": f.pointer, "code": f.code, "detail": f.text(language)} for f in problem.fields
        ]
    return _encoder.encode(told)
