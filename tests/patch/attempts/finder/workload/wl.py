"""Indexes and searches documents; prints what the timed part cost and a digest of all hits."""

import hashlib
import os
import random
import time

from finder import Index, QueryError

HELD_OUT = os.environ.get("WL_INPUTS") == "held-out"
SYLLABLES = "ba ko ri ta mu len dor sha vi pel gor nas".split()
ENDINGS = ("", "", "", "s", "ing", "ed", "ation", "ly")
LITTLE = "the of and it with then there over".split()


def make_words(rng: random.Random, count: int) -> list[str]:
    """So many words."""
    return ["".join(rng.choices(SYLLABLES, k=rng.randint(2, 3))) for _ in range(count)]


def make_text(rng: random.Random, words: list[str], length: int) -> str:
    """A text of these words, the first of them the most frequent."""
    parts = []
    for _ in range(length):
        if rng.random() < 0.3:
            parts.append(rng.choice(LITTLE))
        else:
            word = words[min(int(rng.expovariate(12 / len(words))), len(words) - 1)]
            parts.append(word + rng.choice(ENDINGS))
    return " ".join(parts).capitalize() + "."


def make_inputs() -> tuple[list[tuple[str, str]], list[tuple[str, int]]]:
    """Documents by name, and queries with the number of hits wanted."""
    if not HELD_OUT:
        rng = random.Random(8)
        words = make_words(rng, 300)
        texts = [(f"doc{number}", make_text(rng, words, 70)) for number in range(50)]
        queries = [(" ".join(rng.choices(words[:60], k=3)), 5) for _ in range(180)]
        return texts, queries
    rng = random.Random(31_337)
    words = make_words(rng, 400) + ["naïve", "x<y", "it's", "Œuvre", "42", "a_b"] * 3
    rng.shuffle(words)
    texts = [(f"n/{n % 41}", make_text(rng, words, rng.choice((1, 20, 130)))) for n in range(48)]
    texts += [("empty", ""), ("little", "the of and"), ("", "Nameless " * 30), ("ü", "a" * 300)]
    queries = [(" ".join(rng.choices(words[:80], k=rng.randint(1, 5))), 7) for _ in range(150)]
    queries += [(f"{rng.choice(words[:20])} -{rng.choice(words[:20])}", 50) for _ in range(20)]
    queries += [
        ("", 3),
        ("the", 3),
        ("-only", 3),
        ("zzz", 3),
        ("nameless", 0),
        ("nameless", -1),
        (" ".join(f"q{number}" for number in range(40)), 3),
        ("a" * 300, 1),
        ("IT'S 42", 2),
    ]
    return texts, queries


def one_round(texts: list[tuple[str, str]], queries: list[tuple[str, int]]) -> list[object]:
    """The hits of each query, or why there are none."""
    index = Index()
    for name, text in texts:
        index.add(name, text)
    results: list[object] = []
    for query, limit in queries:
        try:
            results.append(index.search(query, limit))
        except QueryError as error:
            results.append(error)
    return results


def main() -> None:
    texts, queries = make_inputs()
    repeat = int(os.environ.get("WL_REPEAT", "20"))
    wall, cpu = time.perf_counter(), time.process_time()
    rounds = [one_round(texts, queries) for _ in range(repeat)]
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    digest = hashlib.sha256()
    for results in rounds:
        for result in results:
            if isinstance(result, QueryError):
                digest.update(f"! {result}".encode())
            else:
                for name, score, snippet in result:
                    digest.update(f"{name}|{score:.9f}|{snippet}".encode())
    print(f"WL cpu={cpu:.6f} wall={wall:.6f} check={digest.hexdigest()[:16]}")


if __name__ == "__main__":
    main()
