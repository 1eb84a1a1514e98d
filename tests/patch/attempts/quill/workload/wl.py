"""Renders a shelf of notes; prints what the timed part cost and a digest of all pages."""

import hashlib
import os
import random
import time

from quill import Options, QuillError, render

HELD_OUT = os.environ.get("WL_INPUTS") == "held-out"
WORDS = (
    "river stone window market letter garden silver engine quiet copper station meadow "
    "harbour lantern paper orchard winter signal thread bridge"
).split()
OTHER_WORDS = (
    "ampère café R&D <draft> naïve 3.14 x=y \\* tea_time Ωmega snow's [x] (y) ** ` #".split()
)


def phrase(rng: random.Random, words: list[str], length: int) -> str:
    """Some words, now and then with markup."""
    parts = []
    for _ in range(length):
        word = rng.choice(words)
        chance = rng.random()
        if chance < 0.06:
            word = f"**{word} {rng.choice(words)}**"
        elif chance < 0.12:
            word = f"*{word}*"
        elif chance < 0.16:
            word = f"`{word}`"
        elif chance < 0.19:
            word = f"[{word}](page/{rng.randrange(99)})"
        elif chance < 0.20:
            word = f"[{word}](https://example.test/?a={rng.randrange(9)}&b)"
        parts.append(word)
    return " ".join(parts)


def note(rng: random.Random, words: list[str], sections: int) -> str:
    """A note of so many sections."""
    lines: list[str] = []
    for _ in range(sections):
        lines += [f"{'#' * rng.randint(1, 3)} {phrase(rng, words, 2)}", ""]
        for _ in range(rng.randint(1, 2)):
            lines += [phrase(rng, words, rng.randint(10, 18)) for _ in range(3)] + [""]
        lines += [f"- {phrase(rng, words, 5)}" for _ in range(rng.randint(0, 5))] + [""]
        if rng.random() < 0.3:
            lines += ["```", "for x in y: a < b && c", "```", ""]
        if rng.random() < 0.3:
            lines += [f"> {phrase(rng, words, 9)}", ""]
    return "\n".join(lines)


def make_inputs() -> list[tuple[str, Options]]:
    """The notes and how each is rendered."""
    if not HELD_OUT:
        rng = random.Random(11)
        return [(note(rng, WORDS, 14), Options(base="/notes/")) for _ in range(6)]
    rng = random.Random(5077)
    words = OTHER_WORDS + WORDS[::2]
    sizes = (0, 1, 3, 9, 17, 31)
    notes = [(note(rng, words, size), Options(base="https://w.test/")) for size in sizes]
    notes += [
        ("", Options()),
        ("# A\n# A\n#  \n## A ##\n####### A", Options()),
        ("[a](javascript:alert) [b](data:x) [c](mailto:x@y.test)", Options()),
        (note(rng, words, 4), Options(links=False)),
        ("a\n\n```\nnever closed", Options()),
        ("x" * 5001, Options(max_chars=5000)),
        ("**a *b* c** \\` `` [ ](x) [x]( ) ***", Options()),
    ]
    return notes


def one_round(inputs: list[tuple[str, Options]]) -> list[object]:
    """Each page, or what was wrong with its note."""
    pages: list[object] = []
    for text, options in inputs:
        try:
            pages.append(render(text, options))
        except QuillError as error:
            pages.append(error)
    return pages


def main() -> None:
    inputs = make_inputs()
    repeat = int(os.environ.get("WL_REPEAT", "20"))
    wall, cpu = time.perf_counter(), time.process_time()
    rounds = [one_round(inputs) for _ in range(repeat)]
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    digest = hashlib.sha256()
    for pages in rounds:
        for page in pages:
            if isinstance(page, QuillError):
                digest.update(f"! {page}".encode())
            else:
                digest.update(f"{page.html}|{page.toc}|{page.words}".encode())
    print(f"WL cpu={cpu:.6f} wall={wall:.6f} check={digest.hexdigest()[:16]}")


if __name__ == "__main__":
    main()
