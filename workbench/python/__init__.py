"""What Python source says: parsed with `ast`, its names, scopes, kinds and effects found."""
