"""The feed service: home timelines, profiles, search, notifications, posts."""
