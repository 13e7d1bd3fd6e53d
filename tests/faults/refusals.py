"""What a refusal says."""

from tests.api.plain_http import Answer


def require_refusal(answer: Answer, status: int, code: str) -> None:
    assert (answer.status, answer.code) == (status, code)
    assert answer.json["error"]["message"]


def fields(answer: Answer) -> list[str]:
    return [detail["field"] for detail in answer.json["error"].get("details", [])]
