from dataclasses import dataclass

from feed.cache.lru import LruCache
from feed.cache.ttl import TtlCache
from feed.settings import Settings


@dataclass(frozen=True, slots=True)
class Caches:
    """All caches of the process, by what they hold."""

    documents: LruCache
    sessions: LruCache
    cards: LruCache
    insights: LruCache
    pools: TtlCache
    searches: TtlCache

    def hit_ratios(self) -> dict[str, float]:
        """Share of lookups that found something, by cache."""
        caches = [getattr(self, name) for name in self.__slots__]
        return {c.name: c.n_hits / max(1, c.n_hits + c.n_misses) for c in caches}


def build_caches(settings: Settings) -> Caches:
    """Make the caches in the sizes that the settings name."""
    return Caches(
        documents=LruCache("documents", settings.number("document_cache_size")),
        sessions=LruCache("sessions", settings.number("session_cache_size")),
        cards=LruCache("cards", settings.number("card_cache_size")),
        insights=LruCache("insights", settings.number("insights_cache_size")),
        pools=TtlCache(
            "pools", settings.number("pool_cache_size"), settings.number("pool_ttl_seconds")
        ),
        searches=TtlCache(
            "searches", settings.number("search_cache_size"), settings.number("search_ttl_seconds")
        ),
    )
