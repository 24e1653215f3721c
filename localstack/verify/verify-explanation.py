#!/usr/bin/env python3
"""Checks explanations of invoices from their JSON alone. Needs Python 3 and nothing of Tollgate.

Usage: verify-explanation.py [FILE ...]    (standard input without a file)

A file has the answers of GET /v1/invoices/{id}/explain, one a line: first the one without a line, then every page of those with
line=N, in their order. It may as well be one JSON: {"explanation": the first answer, "lines": [the others]}

What it proves, beyond arithmetic: what the client is asked for is the sum of the frozen lines, and no two of them bill the same
day, meter and source. The lines carry the root of a Merkle tree (RFC 6962: a leaf is SHA-256(0x00 || text), a node
SHA-256(0x01 || left || right)). Every event shown is a leaf of it. Neighbours in the list are neighbours in the tree, the last one
is its last leaf, and the first one comes right after the tree that was billed before (what stands left of it hashes to the earlier
root). So the events shown are all that the line adds, and nothing else.

What it takes more than one invoice to prove: that the earlier tree is the one that an earlier invoice was frozen with, and that no
event is in two invoices. So give the explanations of the earlier ones, too; it names each that it lacks, with a question mark.

Prints a line for each check; the exit code is 1 where one fails.
"""

import contextlib
import hashlib
import itertools
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


class Pages:
    """All pages of a line are there, in their order."""

    def __init__(self, explanation, tree):
        self.id = explanation["id"]
        self.tree = tree
        self.count = 0
        self.goes_on = True

    def take(self, page):
        require(page["id"] == self.id, f"a page is of the invoice {page['id']}")
        require(page["tree"] == self.tree, "a page shows another tree")
        require(self.goes_on, "pages are missing, or there twice")
        self.goes_on = "nextCursor" in page
        self.count += 1

    def end(self):
        require(not self.goes_on, "pages are missing, or there twice")
        return f"all its pages of events are there, {self.count}"


class Places:
    """The events stand at their places in the tree, without a gap."""

    def __init__(self, record):
        self.first = self.next = record["treeBefore"]["size"] if "treeBefore" in record else 0
        self.size = record["tree"]["size"]

    def take(self, event):
        require(event["index"] == self.next, f"event {event['index']} stands where {self.next} should")
        self.next += 1

    def end(self):
        require(self.next == self.size, f"the events are not exactly those at {self.first} to {self.size - 1}")
        return f"the events are those at {self.first} to {self.size - 1}, without a gap"


class Proofs:
    """Each proof leads from its event to the root."""

    def __init__(self, tree):
        self.root = read_hash(tree["root"])
        self.count = 0

    def take(self, event):
        found = sha256(b"\x00" + event["text"].encode())
        for step in event["proof"]:
            beside = read_hash(step["hash"])
            require(step["side"] in ("left", "right"), f"{step['side']!r} is no side")
            found = node(beside, found) if step["side"] == "left" else node(found, beside)
        require(found == self.root, f"the proof of event {event['index']} leads to {found.hex()}, not to the root {self.root.hex()}")
        self.count += 1

    def end(self):
        return f"{self.count} proofs lead to the root {self.root.hex()}"


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


class NothingLeftOut:
    """The events are all leaves of the tree but those that were billed before."""

    def __init__(self, record):
        self.before = record.get("treeBefore")
        self.last = None

    def take(self, event):
        last, self.last = self.last, way(event)
        if last is None:
            self.take_first(event)
        else:
            require(are_neighbours(last, self.last), f"event {event['index']} and the one before are no neighbours in the tree")

    def take_first(self, event):
        left = [read_hash(step["hash"]) for step in event["proof"] if step["side"] == "left"]
        if self.before is None:
            require(not left, "the first event is not the first leaf of the tree")
            return
        require(left, "the first event is the first leaf of the tree, but something was billed before")
        found = left[0]
        for beside in left[1:]:
            found = node(beside, found)
        root = self.before["root"]
        require(
            found == read_hash(root),
            f"what stands before the first event hashes to {found.hex()}, not to what was billed before, {root}",
        )

    def end(self):
        require(self.last is not None, "there is nothing to check it by")
        require(all(turn == "right" for turn in self.last), "the last event is not the last leaf of the tree")
        if self.before is None:
            return "they are all leaves of the tree"
        return f"they are all leaves after those that were billed before, with the root {self.before['root']}"


class Sums:
    """The events are of the line, each is there once, and they come to it."""

    def __init__(self, kept, client):
        self.kept = kept
        self.client = client
        self.seen = set()
        self.quantity = self.amount = 0

    def take(self, event):
        content = json.loads(event["text"])
        kept, place = self.kept, event["index"]
        self.seen.add(sha256(event["text"].encode()))
        source = SOURCES.get(content["kind"])
        require(source == kept["source"], f"event {place} is {content['kind']}, which does not count as {kept['source']}")
        for name in ("client", "day", "meter", "currency"):
            require(content[name] == kept[name], f"event {place} has {name} {content[name]!r}, the line {kept[name]!r}")
        require(content["client"] == self.client, f"event {place} is of {content['client']!r}, the invoice of {self.client!r}")
        sign = -1 if source == "reversal" else 1
        require(event["sign"] == ("-" if sign < 0 else "+"), f"event {place} is shown with the wrong sign")
        self.quantity += sign * int(content["quantityMicros"])
        self.amount += sign * int(content["amountMicros"])

    def end(self):
        kept = self.kept
        found = (len(self.seen), self.quantity, self.amount)
        own = (kept["events"], int(kept["quantityMicros"]), int(kept["amountMicros"]))
        require(found == own, f"the events, each counted once, come to {words(found)}, the line to {words(own)}")
        return f"the events come to the line: {words(own)}"


class BilledOnce:
    """No event is in another of the invoices."""

    def __init__(self, invoice, billed_by):
        self.invoice = invoice
        self.billed_by = billed_by

    def take(self, event):
        other = self.billed_by.setdefault(sha256(event["text"].encode()), self.invoice)
        require(other == self.invoice, f"event {event['index']} is in the invoice {other}, too")

    def end(self):
        return "none of the events is in another of the invoices"


def check_before(kept, before, invoices):
    """What was billed before is what the line that is said to have billed it was frozen with."""
    frozen = invoices[before["invoice"]]
    place = f"line {before['line']} of {before['invoice']}"
    require(0 <= before["line"] < len(frozen), f"there is no {place}")
    earlier = frozen[before["line"]]
    require(earlier["kind"] in METERED and all(earlier[name] == kept[name] for name in KEY), f"{place} bills something else")
    tree = {name: before[name] for name in ("size", "root")}
    require(earlier.get("tree") == tree, f"{place} was frozen with another tree than the one of what was billed before")
    return f"what was billed before is what {place} was frozen with"


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
        print(f"ok    {name}: {found}")
        return found

    def fail(self, text):
        self.failures += 1
        print(f"FAIL  {text}")

    def leave(self, text):
        print(f"?     {text}")


class Whole:
    """All invoices that are checked together."""

    def __init__(self, explanations):
        self.invoices = {each["id"]: json.loads(each["linesText"]) for each in explanations}
        self.billed_by = {}

    def billed_once(self, explanation):
        """A superseded invoice bills what the one in its place does, and nobody is asked for it."""
        is_compared = len(self.invoices) > 1 and "supersededBy" not in explanation
        return [BilledOnce(explanation["id"], self.billed_by)] if is_compared else []


def check_events(report, name, pages, checks):
    """Runs all checks over the events of a line as they come: there may be more of them than memory holds."""
    of_pages, *of_events = checks
    failures = {}

    def take(check, what):
        try:
            if check not in failures:
                check.take(what)
        except Failed as failure:
            failures[check] = failure

    def result(check):
        if check in failures:
            raise failures[check]
        return check.end()

    for page in pages:
        take(of_pages, page)
        for event in page["events"]:
            for check in of_events:
                take(check, event)
    for check in checks:
        report.check(name, result, check)


def check_line(report, index, explanation, pages, whole):
    name = f"line {index}"
    entry = explanation["lines"][index]
    kept = whole.invoices[explanation["id"]][index]
    record = entry.get("record")
    if record is None:
        return report.fail(f"{name}: it has no record, so that nothing tells what it was made of")
    report.check(name, check_record, entry, kept)
    known = INVOICE_ID.fullmatch(explanation["id"])
    checks = [
        Pages(explanation, record["tree"]),
        Places(record),
        Proofs(record["tree"]),
        NothingLeftOut(record),
        Sums(kept, known and known.group(1)),
        *whole.billed_once(explanation),
    ]
    check_events(report, name, pages, checks)
    before = record.get("treeBefore")
    if before is None:
        return
    if before["invoice"] in whole.invoices:
        report.check(name, check_before, kept, before, whole.invoices)
    else:
        report.leave(f"{name}: that {before['invoice']} was frozen with what was billed before is not proven without its explanation")


def check_lines(report, explanation, pages, whole):
    frozen = whole.invoices[explanation["id"]]
    waiting = [index for index, kept in enumerate(frozen) if kept["kind"] in METERED]
    for index, own in itertools.groupby(pages, key=lambda page: page["line"]):
        while waiting and waiting[0] < index:
            report.fail(f"line {waiting.pop(0)}: its events are not given")
        if not waiting or waiting[0] != index:
            report.fail(f"pages: events of line {index} do not belong here")
            continue
        check_line(report, waiting.pop(0), explanation, own, whole)
    for index in waiting:
        report.fail(f"line {index}: its events are not given")


def check_invoice(report, explanation, pages, whole):
    if len(whole.invoices) > 1:
        print(f"\n{explanation['id']}")
    frozen = whole.invoices[explanation["id"]]
    report.check("hash", check_hash, explanation)
    if report.check("lines", check_shown_lines, explanation, frozen) is None:
        return
    report.check("lines", check_once, frozen)
    report.check("total", check_total, explanation, frozen)
    check_lines(report, explanation, pages, whole)
    if "supersededBy" in explanation:
        report.leave(f"{explanation['supersededBy']} is said to be in the place of this invoice: nobody may be asked for both")


def read(file):
    """The explanation, and its pages as they are asked for."""
    text = file.readline()
    try:
        first = json.loads(text)
    except ValueError:
        first = json.loads(text + file.read())
    if "explanation" in first:
        return first["explanation"], iter(first["lines"])
    return first, (json.loads(line) for line in file)


def main():
    report = Report()
    names = []
    with contextlib.ExitStack() as stack:
        try:
            files = [stack.enter_context(open(path, encoding="utf-8")) for path in sys.argv[1:]] or [sys.stdin]
            given = [read(file) for file in files]
            whole = Whole([explanation for explanation, _ in given])
            require(len(whole.invoices) == len(given), "an invoice is given twice")
            names = list(whole.invoices)
            for explanation, pages in given:
                check_invoice(report, explanation, pages, whole)
        except Failed as failure:
            report.fail(failure)
        except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            report.fail(f"the explanation cannot be read: {type(error).__name__} {error}")
    if report.failures:
        print(f"{report.failures} of the checks failed: this explanation proves nothing.")
    else:
        for name in names:
            print(f"The invoice {name} is explained down to its events.")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
