"""GraphML: what networkx, Gephi, yEd and igraph read. Entities and documents are nodes of one undirected graph."""

from __future__ import annotations

from typing import Any, TextIO

import networkx

from samner.knowledge.graph import KnowledgeGraph, plain


def write_graphml(graph: KnowledgeGraph, out: TextIO, base: str) -> None:
    """`base` is not needed: GraphML has ids and no IRIs."""
    out.write("\n".join(networkx.generate_graphml(to_networkx(graph), named_key_ids=True)) + "\n")


def to_networkx(graph: KnowledgeGraph) -> Any:
    """A `networkx.Graph`: entities with what is known of them, documents, edges `mentioned` with the offsets and edges
    `together` with PMI, whose `weight` is the normalised one. Lists are joined by " | ": GraphML has no lists."""
    held = networkx.Graph()
    for entity, classes in zip(graph.entities, graph.classes, strict=True):
        held.add_node(
            f"entity/{entity.id}",
            kind="entity",
            label=plain(entity.name),
            type=plain(entity.label),
            archetype=plain(entity.archetype),
            surfaces=plain(" | ".join(entity.surfaces)),
            classes=" | ".join(classes),
            mentions=entity.mention_count,
            documents=len(entity.documents),
        )
    for page in graph.pages:
        held.add_node(f"document/{plain(page.id)}", kind="document", label=plain(page.source))
    for entity in graph.entities:
        for cluster in entity.clusters:
            mentions = sorted(cluster.mentions, key=lambda m: (m.start, m.end))
            held.add_edge(
                f"entity/{entity.id}",
                f"document/{plain(cluster.document)}",
                kind="mentioned",
                count=len(mentions),
                offsets=" | ".join(f"{m.start}-{m.end}" for m in mentions),
            )
    for edge in graph.edges:
        ends = (f"entity/{graph.entities[n].id}" for n in (edge.one, edge.other))
        held.add_edge(*ends, kind="together", count=edge.count, pmi=edge.pmi, weight=edge.npmi)
    return held
