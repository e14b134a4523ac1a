"""What a line puts on each civil date, and the two halves of a night as one whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.service.operations.lines import Line
from app.service.rules import Candidate, Conflict, Existing, Judgement, Overlap, Part, format_time


def candidate_of(line: Line, part: Part, is_claim: bool = False) -> Candidate:
    """Return what a line puts on one civil date, as the rules see it."""
    return Candidate(
        line.volunteer_id,
        line.team_id,
        part.service_on,
        part.minutes,
        part.starts_minute,
        line.content,
        line.external_id,
        is_claim,
    )


def check_whole(
    candidates: Sequence[Candidate],
    judgements: Sequence[Judgement],
    held_parts: Mapping[int, Existing],
) -> None:
    """Refuse a service across midnight of which only one half repeats another record."""
    if held_parts:
        if len(held_parts) != len(candidates):
            held = held_parts[min(held_parts)]
            raise Conflict(
                external_id=candidates[0].external_id,
                record=held.record_id,
                held_on=held.service_on,
                held=sum(part.minutes for part in held_parts.values()),
            )
        return
    outcomes = {judgement.outcome == "repeat" for judgement in judgements}
    if len(outcomes) == 1:
        return
    for candidate, judgement in zip(candidates, judgements, strict=True):
        if judgement.outcome == "repeat":
            raise same_interval(candidate, judgement.record_id)


def same_interval(candidate: Candidate, record_id: int | None) -> Overlap:
    """Return the refusal of an interval that another record has already."""
    starts = format_time(candidate.starts_minute or 0)
    ends = format_time((candidate.starts_minute or 0) + candidate.minutes)
    return Overlap(record=record_id, held_from=starts, held_until=ends, starts=starts, ends=ends)
