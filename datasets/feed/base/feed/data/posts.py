from collections.abc import Iterable
from dataclasses import dataclass

POSTS_PER_AUTHOR_LIMIT = 1_000


@dataclass(slots=True)
class Post:
    """One post. `id` is `author_id * 1000` and its number; times are seconds since 1970."""

    id: int
    author_id: int
    text: str
    topic: str
    language: str
    created_at: int
    n_likes: int
    n_replies: int
    n_reposts: int
    n_media: int
    reply_to: int


class PostStore:
    """Posts by id, by author (newest first) and by the post that they answer."""

    def __init__(self, posts: Iterable[Post]) -> None:
        self._posts: dict[int, Post] = {}
        self._by_author: dict[int, list[Post]] = {}
        self._replies: dict[int, list[Post]] = {}
        self._by_topic: dict[str, list[Post]] = {}
        for post in posts:
            self._add(post)

    def __len__(self) -> int:
        return len(self._posts)

    def fetch(self, post_id: int) -> Post | None:
        """Read one post."""
        return self._posts.get(post_id)

    def fetch_many(self, post_ids: Iterable[int]) -> list[Post]:
        """Read several posts in the order of their ids; what does not exist is left out."""
        posts = self._posts
        return [posts[post_id] for post_id in post_ids if post_id in posts]

    def recent_of(self, author_id: int, limit: int) -> list[Post]:
        """Newest posts of an author, newest first."""
        return self._by_author.get(author_id, [])[:limit]

    def replies_to(self, post_id: int, limit: int) -> list[Post]:
        """Answers to a post, in the order in which they came in."""
        return self._replies.get(post_id, [])[:limit]

    def about(self, topic: str, limit: int) -> list[Post]:
        """Posts of a topic."""
        return self._by_topic.get(topic, [])[:limit]

    def publish(self, post: Post) -> None:
        """Take in a new post; the author's oldest goes when there are too many to number."""
        known = self._posts.get(post.id)
        if known is not None:
            self._by_author[post.author_id].remove(known)
        self._posts[post.id] = post
        self._by_author.setdefault(post.author_id, []).insert(0, post)

    def _add(self, post: Post) -> None:
        self._posts[post.id] = post
        self._by_author.setdefault(post.author_id, []).append(post)
        if post.reply_to:
            self._replies.setdefault(post.reply_to, []).append(post)
        else:
            self._by_topic.setdefault(post.topic, []).append(post)
