from __future__ import annotations

import json
import random
from dataclasses import replace

import jsonschema
import pytest

from locktrace.errors import LocktraceError
from locktrace.model import Hold, Mode
from locktrace.snapshots.document import MOST_HOLDS, to_document
from locktrace.snapshots.fields import MalformedDumpError
from locktrace.snapshots.loading import from_document, from_json


@pytest.fixture
def document(stall):
    return to_document(stall)


def closed(schema):
    """`schema` with no room for fields that it does not describe."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inside = {key: closed(value) for key, value in schema.items()}
    return inside | {"unevaluatedProperties": False} if "properties" in schema else inside


def test_a_document_keeps_to_the_published_schema(document, schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(json.dumps(document)), schema)


def test_every_field_is_described_by_the_schema(document, schema):
    strict = closed(schema)
    # The site inside a finding's `sites` has one field more than a site elsewhere.
    sites = strict["$defs"]["finding"]["properties"]["sites"]["items"]
    sites["allOf"][1]["properties"] |= strict["$defs"]["site"]["properties"]
    sites["allOf"].pop(0)
    jsonschema.validate(json.loads(json.dumps(document)), strict)


def test_the_fields_that_the_issue_names_are_there(document, stall):
    assert document["schema"] == 1
    assert {"process", "locks", "holds", "waits", "threads", "findings"} <= set(document)
    finding = document["findings"][0]
    file = stall.threads[1].frames[0].file
    assert finding["locks"][0] == {
        "id": 1,
        "name": "V2Filter.ip_table",
        "kind": "RWMutex",
        "created_at": {"file": file, "line": 1},
    }
    assert finding["sites"][0] == {
        "file": file,
        "line": 3,
        "function": "V2Filter.lookup",
        "role": "holder",
    }
    assert finding["threads"][1] == {
        "id": 11,
        "name": "worker-1",
        "label": "query A",
        "native_id": 5001,
        "ended": False,
    }


def test_a_lock_of_unknown_origin_was_created_at_null(document):
    assert document["findings"][1]["locks"][0]["created_at"] is None


def test_stacks_are_joined_with_actors_on_the_os_thread_id(document):
    by_name = {thread["name"]: thread for thread in document["threads"]}
    assert [frame["line"] for frame in by_name["worker-1"]["stack"]] == [3, 11]
    assert by_name["MainThread"]["id"] is None


def test_a_task_does_not_get_the_stack_of_its_thread_nor_an_ended_thread_that_of_another(document):
    by_name = {thread["name"]: thread for thread in document["threads"]}
    for name in ("Task-1", "worker-2"):
        assert (by_name[name]["stack"], by_name[name]["active"]) == ([], None)


def test_a_stall_snapshot_comes_back_as_it_was(stall, document):
    assert from_document(document) == stall
    assert from_json(json.dumps(document)) == stall


def test_odd_names_survive(stall):
    actors = dict(stall.snapshot.actors)
    actors[11] = replace(actors[11], label='bad \udcff byte, "quotes"\n\x1b[2J, 漢字')
    odd = replace(stall, snapshot=replace(stall.snapshot, actors=actors))
    text = json.dumps(to_document(odd))
    assert from_json(text.encode("ascii")) == odd


def test_of_too_many_holds_the_oldest_are_listed_and_the_others_counted(stall):
    holds = tuple(
        Hold(1000 + n, 1, Mode.SHARED, 11, (), n) for n in reversed(range(MOST_HOLDS + 25))
    )
    snapshot = replace(stall.snapshot, holds=holds)
    document = to_document(replace(stall, snapshot=snapshot))
    assert len(document["holds"]) == MOST_HOLDS
    assert document["holds"][0]["since_ns"] == 0
    assert from_document(document).snapshot.locks[1].unlisted_holds == 25


@pytest.mark.parametrize("version", [0, 2, 99])
def test_another_version_of_the_schema_is_refused(document, version):
    with pytest.raises(
        LocktraceError, match=f"follows schema {version}, and this .* reads schema 1"
    ):
        from_document(document | {"schema": version})


@pytest.mark.parametrize("text", ["", "{", "null", "[]", "3", '"x"', "\xff", "[" * 100_000])
def test_what_is_no_dump_is_refused_in_a_sentence(text):
    with pytest.raises(MalformedDumpError, match=r"^This is no locktrace dump: .*\.$"):
        from_json(text.encode("latin-1"))


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (("process",), 3, "process is not an object"),
        (("holds",), {}, "holds is not a list"),
        (("holds", 2, "mode"), "sideways", r"holds\[2\].mode is not one of exclusive, shared"),
        (("holds", 0, "mode"), [], r"holds\[0\].mode is not one of"),
        (("holds", 0, "site_index"), -1, r"holds\[0\].site_index is not 0 or more"),
        (("waits", 1, "timed"), 1, r"waits\[1\].timed is not true or false"),
        (("threads", 0, "name"), None, r"threads\[0\].name is not a string"),
        (("locks", 0, "id"), True, r"locks\[0\].id is not an integer"),
        (("locks", 0, "rate_per_s"), float("nan"), r"locks\[0\].rate_per_s is not a number"),
        (("taken_at",), 10**400, "taken_at is not a number"),
        (("process", "command"), ["a", 1], "process.command is not a list of strings"),
        (("findings", 0, "evidence"), ["1"], r"findings\[0\].evidence is not a list of integers"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(document, path, value, complaint):
    item = document
    for step in path[:-1]:
        item = item[step]
    item[path[-1]] = value
    with pytest.raises(MalformedDumpError, match=complaint):
        from_document(document)


def places(value, path=()):
    """The path of every value in a document."""
    yield path
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inside in pairs:
        yield from places(inside, (*path, key))


def test_whatever_is_wrong_in_a_document_is_refused_or_read_and_shown(document):
    """Each value in turn is replaced by something else; nothing but our own error may come."""
    from locktrace.snapshots.report import render

    chance = random.Random(1)
    refused = 0
    for path in [place for place in places(document) if place]:
        damaged = json.loads(json.dumps(document))
        item = damaged
        for step in path[:-1]:
            item = item[step]
        item[path[-1]] = chance.choice([None, -1, 1e300, "x", [], {}, True, [[]], 10**30])
        try:
            read = from_document(damaged)
        except MalformedDumpError:
            refused += 1
        else:
            render(read)
    assert refused > 100


def test_a_missing_field_is_named(document):
    del document["waits"][0]["stack"]
    with pytest.raises(MalformedDumpError, match=r"waits\[0\].stack is missing"):
        from_document(document)
