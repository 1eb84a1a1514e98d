from collections import Counter
from collections.abc import Iterable

from feed.data.posts import Post
from feed.text.tokens import content_words


class SearchIndex:
    """Words to the texts that hold them, and texts to the posts that carry them.

    Many posts share a text (reposts, campaigns), so each text is split into words once.
    """

    def __init__(self, posts: Iterable[Post]) -> None:
        self._posts_by_text: dict[str, list[int]] = {}
        for post in posts:
            self._posts_by_text.setdefault(post.text, []).append(post.id)
        self._postings: dict[str, list[str]] = {}
        for text in self._posts_by_text:
            for word in set(content_words(text)):
                self._postings.setdefault(word, []).append(text)

    def add(self, post: Post, words: list[str]) -> None:
        """Take in a new post, with the words of its text."""
        is_new_text = post.text not in self._posts_by_text
        self._posts_by_text.setdefault(post.text, []).append(post.id)
        if is_new_text:
            for word in set(words):
                self._postings.setdefault(word, []).append(post.text)

    def find(self, words: list[str], limit: int) -> list[tuple[int, float]]:
        """Find posts that hold the words.

        Returns
        -------
        list of (int, float)
            Post ids and the share of the words that each holds, best first.
        """
        matches: Counter[str] = Counter()
        for word in dict.fromkeys(words):
            matches.update(self._postings.get(word, [])[: limit * 4])
        found: list[tuple[int, float]] = []
        for text, n_matched in matches.most_common(limit):
            share = n_matched / len(words)
            found.extend((post_id, share) for post_id in self._posts_by_text[text][:4])
            if len(found) >= limit:
                break
        return found[:limit]

    def n_texts(self, word: str) -> int:
        """How many texts hold a word."""
        return len(self._postings.get(word, ()))
