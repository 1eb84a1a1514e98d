import random
from collections.abc import Mapping
from dataclasses import dataclass

from feed.data.graph import FollowGraph
from feed.data.index import SearchIndex
from feed.data.posts import Post, PostStore
from feed.data.users import User, UserStore

EPOCH = 1_772_400_000
DEFAULTS = {"users": 2_000, "posts_per_user": 20, "follows_per_user": 60, "seed": 7}
TOPICS = ("music", "sports", "science", "cooking", "travel", "games", "films", "politics")
LANGUAGES = ("en", "en", "en", "de", "es", "fr")
_COMMON = {
    "en": "the and of to in is that it for was on with this are so",
    "de": "der die und das ist nicht mit auf ein wir auch noch",
    "es": "el la de que y en un los se del las por con una",
    "fr": "le les des et est une dans pour pas sur avec nous",
}
_SYLLABLE_TEXT = "ba ce di fo gu ka le mi no pu ra se ti vo zu lan mer ton ris pel"
_SYLLABLES = tuple(_SYLLABLE_TEXT.split())
_N_TEXTS = 1_200


@dataclass(frozen=True, slots=True)
class Dataset:
    """All that the service reads."""

    users: UserStore
    posts: PostStore
    graph: FollowGraph
    index: SearchIndex


def build_dataset(sizes: Mapping[str, int], n_shards: int) -> Dataset:
    """Make users, posts and edges from a seed; the same sizes give the same rows.

    Parameters
    ----------
    sizes : mapping
        Any of `users`, `posts_per_user`, `follows_per_user`, `seed`; the rest by `DEFAULTS`.
    n_shards : int
        Shards of the user store.
    """
    known = {**DEFAULTS, **sizes}
    rng = random.Random(known["seed"])
    n_users, n_posts = known["users"], known["posts_per_user"]
    users = [_make_user(i, rng) for i in range(1, n_users + 1)]
    posts = _make_posts(users, n_posts, rng)
    return Dataset(
        users=UserStore(users, n_shards),
        posts=PostStore(posts),
        graph=FollowGraph(
            _make_follows(n_users, known["follows_per_user"], rng),
            _make_likes(n_users, posts, rng),
        ),
        index=SearchIndex(posts),
    )


def _make_user(user_id: int, rng: random.Random) -> User:
    name = "".join(rng.choices(_SYLLABLES, k=2)).title()
    return User(
        id=user_id,
        handle=f"{name.lower()}{user_id}",
        name=f"{name} {rng.choice(_SYLLABLES).title()}",
        bio=f"Writes about {rng.choice(TOPICS)} and {rng.choice(TOPICS)}.",
        language=rng.choice(LANGUAGES),
        joined_at=EPOCH - rng.randrange(86_400, 150_000_000),
        is_verified=rng.random() < 0.1,
        avatar_key=f"{user_id * 7919 % 100_003:x}",
    )


def _make_text(users: list[User], vocabulary: list[str], language: str, rng: random.Random) -> str:
    common = _COMMON[language].split()
    n = rng.randrange(4, 12)
    pairs = zip(rng.choices(vocabulary, k=n), rng.choices(common, k=n), strict=True)
    words = [word for pair in pairs for word in pair]
    if rng.random() < 0.4:
        words.insert(rng.randrange(len(words)), f"@{rng.choice(users).handle}")
    if rng.random() < 0.5:
        words.append(f"#{rng.choice(TOPICS)}")
    return " ".join(words).capitalize()


def _make_texts(users: list[User], rng: random.Random) -> list[tuple[str, str]]:
    vocabulary = ["".join(rng.choices(_SYLLABLES, k=3)) for _ in range(600)]
    languages = rng.choices(LANGUAGES, k=_N_TEXTS)
    return [(_make_text(users, vocabulary, language, rng), language) for language in languages]


def _make_posts(users: list[User], n_posts: int, rng: random.Random) -> list[Post]:
    texts = _make_texts(users, rng)
    roots = [user.id * 1_000 + i for user in users for i in range(min(2, n_posts))]
    posts = []
    for user in users:
        draws = [rng.random() for _ in range(n_posts)]
        chosen = rng.choices(texts, k=n_posts)
        for i, (draw, (text, language)) in enumerate(zip(draws, chosen, strict=True)):
            n_likes = int(2 / (draw + 0.005))
            posts.append(
                Post(
                    user.id * 1_000 + i,
                    user.id,
                    text,
                    TOPICS[int(draw * 7_919) % len(TOPICS)],
                    language,
                    EPOCH - int((i + draw) * 7_200),
                    n_likes,
                    n_likes // 5,
                    n_likes // 9,
                    int(draw * 10) % 3,
                    roots[int(draw * len(roots))] if i >= 2 and i % 4 == 3 else 0,
                )
            )
    return posts


def _make_follows(n_users: int, n_follows: int, rng: random.Random) -> dict[int, tuple[int, ...]]:
    everyone = range(1, n_users + 1)
    return {
        user: tuple(dict.fromkeys(o for o in rng.choices(everyone, k=n_follows) if o != user))
        for user in everyone
    }


def _make_likes(n_users: int, posts: list[Post], rng: random.Random) -> dict[int, tuple[int, ...]]:
    return {
        user: tuple({post.id for post in rng.choices(posts, k=30)})
        for user in range(1, n_users + 1)
    }
