"""samner inside other systems: one file a system, each behind an extra of its own."""
