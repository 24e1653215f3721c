#!/usr/bin/env python3
"""Checks the explanation of an invoice from its JSON alone. Needs Python 3 and nothing of Tollgate.

Usage: verify-explanation.py [FILE]        (standard input without a file)

The JSON has the two answers of GET /v1/invoices/{id}/explain:
  {"explanation": the answer without a line, "lines": [every page of the answers with line=N, in their order]}

What it proves, beyond arithmetic: what the client is asked for is the sum of the frozen lines, and no two of them bill the same
day, meter and source. The lines carry the root of a Merkle tree (RFC 6962: a leaf is
SHA-256(0x00 || text), a node SHA-256(0x01 || left || right)). Every event shown is a leaf of it. Neighbours in the list are
neighbours in the tree, the last one is its last leaf, and the first one comes right after the tree that was billed before
(what stands left of it hashes to the earlier root). So the events shown are all that the line adds, and nothing else.

Prints a line for each check; the exit code is 1 where one fails.
"""

import hashlib
import json
import re
import sys
from decimal import Decimal, InvalidOperation

HASH = re.compile(r"[0-9a-f]{64}")
INVOICE_ID = re.compile(r"\d{4}-\d{2}-H[12]\.[1-9]\d*\.(.+)")
SOURCES = {"charge": "prepaid", "capture": "prepaid", "usage": "postpaid", "reversal": "reversal"}
METERED = ("usage", "adjustment", "credit")
KEY = ("client", "day", "meter", "currency", "source")


class Failed(Exception):
    """A check that does not hold, in words."""


def require(holds, words):
    if not holds:
        raise Failed(words)


def sha256(data):
    return hashlib.sha256(data).digest()


def node(left, right):
    return sha256(b"\x01" + left + right)


def read_hash(text):
    require(isinstance(text, str) and HASH.fullmatch(text), f"{text!r} is not a SHA-256 in hexadecimal")
    return bytes.fromhex(text)


def micros(text):
    """A decimal number as whole millionths."""
    try:
        value = Decimal(text).scaleb(6)
    except (InvalidOperation, TypeError):
        raise Failed(f"{text!r} is not a number") from None
    require(value == value.to_integral_value(), f"{text!r} has more than six decimals")
    return int(value)


def read_sums(sums):
    return sums["events"], micros(sums["quantity"]), micros(sums["amount"])


def words(sums):
    events, quantity, amount = sums
    return f"{events} events, quantity {Decimal(quantity).scaleb(-6)}, amount {Decimal(amount).scaleb(-6)}"


def check_hash(explanation):
    found = sha256(explanation["linesText"].encode()).hex()
    require(found == explanation["linesSha256"], f"the lines hash to {found}, not to {explanation['linesSha256']}")
    return f"the lines hash to {found}"


def check_shown_lines(explanation, frozen):
    shown = explanation["lines"]
    require(len(shown) == len(frozen), f"{len(shown)} lines are shown, but {len(frozen)} were frozen")
    for index, (entry, kept) in enumerate(zip(shown, frozen)):
        require(entry["index"] == index, f"line {index} is shown as line {entry['index']}")
        line = entry["line"]
        names = ["kind"]
        numbers = ["amount"]
        if kept["kind"] in METERED:
            names += ["day", "meter", "source", "events"]
            numbers += ["quantity"]
        elif kept["kind"] == "carry_over":
            names += ["from"]
            numbers += ["paid"]
        else:
            names += ["description"]
        require(set(line) == set(names + numbers), f"line {index} is shown with other fields than it was frozen with")
        for name in names:
            require(line[name] == kept[name], f"line {index} shows {name} {line[name]!r}, frozen was {kept[name]!r}")
        for name in numbers:
            require(
                micros(line[name]) == int(kept[f"{name}Micros"]),
                f"line {index} shows {name} {line[name]}, frozen was {kept[f'{name}Micros']} millionths",
            )
    return f"all {len(shown)} lines are shown as they were frozen"


def is_paid_ahead(kept):
    return kept["source"] != "postpaid"


def check_once(frozen):
    seen = set()
    for kept in frozen:
        if kept["kind"] not in METERED:
            continue
        key = tuple(kept[name] for name in KEY)
        require(key not in seen, f"{kept['meter']} on {kept['day']} ({kept['source']}) is in two lines")
        seen.add(key)
    return f"{len(seen)} lines bill usage, each another day, meter or source"


def check_total(explanation, frozen):
    total = paid = 0
    for kept in frozen:
        amount = int(kept["amountMicros"])
        total += amount
        if kept["kind"] == "carry_over":
            paid += int(kept["paidMicros"])
        elif kept["kind"] in METERED:
            paid += amount if is_paid_ahead(kept) else 0
            currency = explanation["currency"]
            require(kept["currency"] == currency, f"a line is in {kept['currency']}, the invoice in {currency}")
    for name, found in (("total", total), ("paid", paid)):
        require(micros(explanation[name]) == found, f"{name} is shown as {explanation[name]}, the lines come to {found} millionths")
    due = Decimal(total - paid).scaleb(-6)
    return f"they come to {explanation['total']} {explanation['currency']}; {explanation['paid']} of it are paid, {due} are due"


def check_record(entry, kept):
    record = entry["record"]
    tree, before = record["tree"], record.get("treeBefore")
    require(kept.get("tree") == tree, "the tree shown is not the one that was frozen with the line")
    at, billed = read_sums(record["at"]), read_sums(record["billedBefore"])
    own = (kept["events"], int(kept["quantityMicros"]), int(kept["amountMicros"]))
    require(
        tuple(a - b for a, b in zip(at, billed)) == own,
        f"the record ({words(at)}) less what was billed before ({words(billed)}) is not the line ({words(own)})",
    )
    require(at[0] == tree["size"], f"the record has {at[0]} events, its tree {tree['size']}")
    require(billed[0] == (before["size"] if before else 0), "what was billed before has another size than its tree")
    return f"the record ({words(at)}) less what was billed before is the line ({words(own)})"


def read_events(index, explanation, pages, tree):
    own = [page for page in pages if page["line"] == index]
    require(own, "its events are not given")
    for place, page in enumerate(own):
        require(page["id"] == explanation["id"], f"a page is of the invoice {page['id']}")
        require(page["tree"] == tree, "a page shows another tree")
        require(("nextCursor" in page) == (place < len(own) - 1), "pages are missing, or there twice")
    return [event for page in own for event in page["events"]]


def check_places(events, record):
    first = record["treeBefore"]["size"] if "treeBefore" in record else 0
    places = [event["index"] for event in events]
    size = record["tree"]["size"]
    require(places == list(range(first, size)), f"the events are not exactly those at {first} to {size - 1}")
    return f"the events are those at {first} to {size - 1}, without a gap"


def check_proofs(events, tree):
    root = read_hash(tree["root"])
    for event in events:
        found = sha256(b"\x00" + event["text"].encode())
        for step in event["proof"]:
            beside = read_hash(step["hash"])
            require(step["side"] in ("left", "right"), f"{step['side']!r} is no side")
            found = node(beside, found) if step["side"] == "left" else node(found, beside)
        require(found == root, f"the proof of event {event['index']} leads to {found.hex()}, not to the root {tree['root']}")
    return f"{len(events)} proofs lead to the root {tree['root']}"


def way(event):
    """From the root to the leaf: where the sibling stands right, the leaf is on the left."""
    return ["left" if step["side"] == "right" else "right" for step in reversed(event["proof"])]


def are_neighbours(one, other):
    depth = 0
    while depth < min(len(one), len(other)) and one[depth] == other[depth]:
        depth += 1
    return (
        one[depth : depth + 1] == ["left"]
        and other[depth : depth + 1] == ["right"]
        and all(turn == "right" for turn in one[depth + 1 :])
        and all(turn == "left" for turn in other[depth + 1 :])
    )


def check_nothing_left_out(events, record):
    ways = [way(event) for event in events]
    for place in range(len(ways) - 1):
        require(are_neighbours(ways[place], ways[place + 1]), f"event {events[place]['index']} and the next are no neighbours in the tree")
    require(all(turn == "right" for turn in ways[-1]), "the last event is not the last leaf of the tree")
    left = [read_hash(step["hash"]) for step in events[0]["proof"] if step["side"] == "left"]
    before = record.get("treeBefore")
    if before is None:
        require(not left, "the first event is not the first leaf of the tree")
        return "they are all leaves of the tree"
    require(left, "the first event is the first leaf of the tree, but something was billed before")
    found = left[0]
    for beside in left[1:]:
        found = node(beside, found)
    require(
        found == read_hash(before["root"]),
        f"what stands before the first event hashes to {found.hex()}, not to what was billed before, {before['root']}",
    )
    return f"they are all leaves after those that were billed before, with the root {before['root']}"


def check_sums(events, kept, client):
    require(len({event["text"] for event in events}) == len(events), "an event is there twice")
    quantity = amount = 0
    for event in events:
        content = json.loads(event["text"])
        place = event["index"]
        source = SOURCES.get(content["kind"])
        require(source == kept["source"], f"event {place} is {content['kind']}, which does not count as {kept['source']}")
        for name in ("client", "day", "meter", "currency"):
            require(content[name] == kept[name], f"event {place} has {name} {content[name]!r}, the line {kept[name]!r}")
        require(content["client"] == client, f"event {place} is of {content['client']!r}, the invoice of {client!r}")
        sign = -1 if source == "reversal" else 1
        require(event["sign"] == ("-" if sign < 0 else "+"), f"event {place} is shown with the wrong sign")
        quantity += sign * int(content["quantityMicros"])
        amount += sign * int(content["amountMicros"])
    found = (len(events), quantity, amount)
    own = (kept["events"], int(kept["quantityMicros"]), int(kept["amountMicros"]))
    require(found == own, f"the events come to {words(found)}, the line to {words(own)}")
    return f"the events come to the line: {words(own)}"


def check_pages(pages, frozen):
    metered = {index for index, kept in enumerate(frozen) if kept["kind"] in METERED}
    require({page["line"] for page in pages} <= metered, "a page is of a line that there is not")
    return f"{len(pages)} pages of events are given"


class Report:
    """Says of each check what came of it."""

    def __init__(self):
        self.failures = 0

    def check(self, name, run, *args):
        """What the check found; None where it failed."""
        try:
            found = run(*args)
        except Failed as failure:
            return self.fail(f"{name}: {failure}")
        if isinstance(found, str):
            print(f"ok    {name}: {found}")
        return found

    def fail(self, text):
        self.failures += 1
        print(f"FAIL  {text}")


def check_line(report, index, explanation, pages, kept):
    name = f"line {index}"
    entry = explanation["lines"][index]
    record = entry.get("record")
    if record is None:
        return report.fail(f"{name}: it has no record, so that nothing tells what it was made of")
    report.check(name, check_record, entry, kept)
    events = report.check(name, read_events, index, explanation, pages, record["tree"])
    if not events:
        return report.fail(f"{name}: there is nothing to check it by")
    known = INVOICE_ID.fullmatch(explanation["id"])
    report.check(name, check_places, events, record)
    report.check(name, check_proofs, events, record["tree"])
    report.check(name, check_nothing_left_out, events, record)
    report.check(name, check_sums, events, kept, known and known.group(1))


def check_all(report, data):
    explanation, pages = data["explanation"], data["lines"]
    report.check("hash", check_hash, explanation)
    frozen = json.loads(explanation["linesText"])
    if report.check("lines", check_shown_lines, explanation, frozen) is None:
        return
    report.check("lines", check_once, frozen)
    report.check("total", check_total, explanation, frozen)
    report.check("pages", check_pages, pages, frozen)
    for index, kept in enumerate(frozen):
        if kept["kind"] in METERED:
            check_line(report, index, explanation, pages, kept)


def main():
    if len(sys.argv) > 1:
        with open(sys.argv[1], encoding="utf-8") as file:
            text = file.read()
    else:
        text = sys.stdin.read()
    report = Report()
    name = None
    try:
        data = json.loads(text)
        name = data["explanation"]["id"]
        check_all(report, data)
    except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        report.fail(f"the explanation cannot be read: {type(error).__name__} {error}")
    if report.failures == 0:
        print(f"The invoice {name} is explained down to its events.")
    else:
        print(f"{report.failures} of the checks failed: this explanation proves nothing.")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
