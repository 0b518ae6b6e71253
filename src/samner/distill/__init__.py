"""Archetypes distilled from ontologies and label inventories (extra `train`): gather -> embed -> cluster -> align ->
name -> write -> compare."""
