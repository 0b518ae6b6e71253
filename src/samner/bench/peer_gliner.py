"""GLiNER's side of `samner bench speed --peer gliner`: a script for the peer's own environment.

It imports nothing of samner. It speaks JSON lines: the first line on standard input is the set-up
{"tokenizer", "threads", "jobs": [{"texts", "labels"}], "spans": [how many spans samner kept of each job]}, each
further line asks for one round; each gets one line on standard output.

The model is GLiNER small v2.1 (DeBERTa-v3-small, 6 layers of 768, embeddings of 128,100 pieces, spans up to 12
words, projection to 512, one BiLSTM) with random weights, seeded. Weights change no operation of the encoder;
what they change, the number of spans that the decoder has to sort and keep, is made equal by the threshold: for
each job it is set so that as many spans remain as samner kept. The tokenizer is samner's own, so that both
read the same pieces; GLiNER's prompt of labels comes on top, as its architecture wants it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

ENCODER = {
    "model_type": "deberta-v2",
    "vocab_size": 128100,
    "hidden_size": 768,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "max_position_embeddings": 512,
    "type_vocab_size": 0,
    "relative_attention": True,
    "position_buckets": 256,
    "norm_rel_ebd": "layer_norm",
    "share_att_key": True,
    "pos_att_type": ["p2c", "c2p"],
    "position_biased_input": False,
    "max_relative_positions": -1,
    "layer_norm_eps": 1e-7,
}
BATCH_SIZES = (1, 2, 4, 8, 16)  # the peer gets the one that is fastest for it
PROBE = 32  # texts used to choose it


def build(tokenizer_file: str) -> Any:
    """GLiNER with random weights and the given tokenizer file."""
    import torch
    from gliner.config import UniEncoderSpanConfig
    from gliner.model import UniEncoderSpanGLiNER
    from transformers import PreTrainedTokenizerFast

    torch.manual_seed(0)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=tokenizer_file,
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        unk_token="[UNK]",
    )
    tokenizer.add_tokens(["[FLERT]", "<<ENT>>", "<<SEP>>"], special_tokens=True)
    config = UniEncoderSpanConfig(
        encoder_config=dict(ENCODER),
        span_mode="markerV0",
        max_width=12,
        hidden_size=512,
        max_types=1000,
        max_len=384,
        vocab_size=ENCODER["vocab_size"],
        class_token_index=tokenizer.convert_tokens_to_ids("<<ENT>>"),
    )
    return UniEncoderSpanGLiNER(config, tokenizer=tokenizer, backbone_from_pretrained=False).eval()


class Job:
    """One list of texts with its labels; `threshold` is set so that `spans` spans remain."""

    def __init__(self, model: Any, texts: list[str], labels: list[str], spans: int) -> None:
        self.model, self.texts, self.labels, self.spans = model, texts, labels, spans
        self.threshold, self.batch_size = 0.5, 8

    def batches(self) -> list[Any]:
        prepared = self.model.prepare_batch(self.texts, self.labels)
        collator, rows = self.model.create_collator(), prepared["input_x"]
        return [
            self.model.collate_batch(rows[i : i + self.batch_size], prepared["entity_types"], collator)
            for i in range(0, len(rows), self.batch_size)
        ]

    def set_threshold(self) -> None:
        """Bisect on the scores of one pass."""
        batches = self.batches()
        outputs = [self.logits_only(self.model.run_batch(batch)) for batch in batches]
        low, high = 0.0, 1.0
        for _ in range(30):
            self.threshold = (low + high) / 2
            # a low threshold lets millions of random spans through: count before decoding
            passing = sum(int((o[0].sigmoid() > self.threshold).sum()) for o in outputs)
            kept = passing if passing > 1000 * (self.spans + 1) else self.kept(outputs, batches)
            if kept == self.spans:
                return
            low, high = (self.threshold, high) if kept > self.spans else (low, self.threshold)

    @staticmethod
    def logits_only(output: Any) -> Any:
        """Let go of all else, or this would be the peak of the memory that is reported."""
        return type(output)(logits=output.logits)

    def kept(self, outputs: list[Any], batches: list[Any]) -> int:
        pairs = zip(outputs, batches, strict=True)
        return sum(len(d) for o, b in pairs for d in self.model.decode_batch(o, b, threshold=self.threshold))

    def predict(self, texts: list[str] | None = None) -> int:
        """What a user calls, from strings to entities; gives the number of entities."""
        texts = self.texts if texts is None else texts
        found = self.model.inference(texts, self.labels, threshold=self.threshold, batch_size=self.batch_size)
        return sum(len(entities) for entities in found)

    def choose_batch_size(self) -> None:
        texts, seconds = self.texts[:PROBE], {}
        for self.batch_size in BATCH_SIZES:
            start = time.perf_counter()
            self.predict(texts)
            seconds[self.batch_size] = time.perf_counter() - start
        self.batch_size = min(seconds, key=lambda size: seconds[size])


def round_of(jobs: list[Job]) -> dict[str, Any]:
    """One pass over all jobs, then the forward passes alone on batches that are ready-made."""
    start = time.perf_counter()
    spans = sum(job.predict() for job in jobs)
    seconds = time.perf_counter() - start
    forward = 0.0
    for job in jobs:
        ready = job.batches()
        start = time.perf_counter()
        for batch in ready:
            job.model.run_batch(batch)
        forward += time.perf_counter() - start
    return {"seconds": seconds, "forward_seconds": forward, "spans": spans, "peak_rss_mb": peak_rss_mb()}


def peak_rss_mb() -> float | None:
    """As in `samner.bench.worker`, which this script cannot import."""
    try:
        with open("/proc/self/status", encoding="utf-8") as lines:
            return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return None


def prepare(setup: dict[str, Any]) -> tuple[list[Job], dict[str, Any]]:
    from importlib.metadata import version

    import torch

    torch.set_num_threads(setup["threads"])
    model = build(setup["tokenizer"])
    jobs = [
        Job(model, j["texts"], j["labels"], n) for j, n in zip(setup["jobs"], setup["spans"], strict=True)
    ]
    for job in jobs:
        job.predict(job.texts[:4])  # warm-up; at 0.5 half of all random spans pass, so few texts only
        job.set_threshold()
    jobs[0].choose_batch_size()
    for job in jobs:
        job.batch_size = jobs[0].batch_size
    lengths = [batch["attention_mask"].sum(-1) for job in jobs for batch in job.batches()]
    tokens = sum(int(length.sum()) for length in lengths)
    pieces = model.data_processor.transformer_tokenizer
    return jobs, {
        "versions": {name: version(name) for name in ("gliner", "torch", "transformers")},
        "architecture": "DeBERTa-v3-small as in GLiNER small v2.1, random weights",
        "parameters": sum(p.numel() for p in model.parameters()),
        "batch_size": jobs[0].batch_size,
        "thresholds": [job.threshold for job in jobs],
        "tokens": sum(len(ids) for job in jobs for ids in pieces(job.texts)["input_ids"]),
        "tokens_with_prompt": tokens,
        "threads": torch.get_num_threads(),
    }


def main() -> None:
    replies = os.fdopen(os.dup(1), "w")  # what libraries print must not reach the parent
    os.dup2(2, 1)
    jobs, about = prepare(json.loads(sys.stdin.readline()))
    replies.write(json.dumps(about) + "\n")
    replies.flush()
    for _ in sys.stdin:
        replies.write(json.dumps(round_of(jobs)) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
