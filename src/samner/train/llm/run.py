"""The run of an adapter: `samner train recipes/llm-explorer.yaml`. Stop it at any moment: the same command goes on."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch

from samner.errors import MissingExtraError, ModelError, in_one_line
from samner.llms.hf_chat import HFChat
from samner.train.llm.examples import lessons
from samner.train.llm.recipe import LLMRecipe, load_llm_recipe
from samner.train.llm.tokens import Padded, fitting
from samner.train.material import read_texts
from samner.train.recipe import data_folder, keep

ADAPTER = "adapter"


def train(
    recipe_file: Path, *, run_dir: Path | None = None, base: str | None = None, corpus: Path | None = None
) -> Path:
    """Train by the recipe, on the model `base` instead of the recipe's if one is given, and return the folder of the
    adapter, RUN/adapter. `run_dir` defaults to runs/RECIPE, `corpus` to corpus, in the working folder.

    On a GPU in bfloat16 with activations worked out twice; on a CPU in 32 bits. Raises ModelError for a model that
    cannot be loaded, MissingExtraError where a library is missing.
    """
    recipe = load_llm_recipe(recipe_file)
    run = run_dir or Path("runs") / recipe_file.stem
    run.mkdir(parents=True, exist_ok=True)
    keep(recipe_file, run / "recipe.yaml")
    model, words = _load(base or recipe.base, recipe)
    chat = HFChat(words)
    texts = read_texts(recipe.public, corpus or Path("corpus"), data_folder())
    groups = lessons(recipe.prompt, texts, recipe.most, recipe.seed)
    rows, too_long = fitting([row for group in groups.values() for row in group], chat, recipe.longest)
    counts = {name: len(group) for name, group in groups.items()}
    about = {"lessons": counts, "too_long": too_long, "tokens": sum(len(r["input_ids"]) for r in rows)}
    (run / "lessons.json").write_text(json.dumps(about, indent=1) + "\n", "utf-8")
    sys.stderr.write(f"samner: {len(rows)} lessons, {too_long} left out as too long\n")
    trainer = _trainer(model, rows, recipe, run, chat.end)
    trainer.train(resume_from_checkpoint=newest(run))
    model.save_pretrained(run / ADAPTER)
    return run / ADAPTER


def _load(base: str, recipe: LLMRecipe) -> tuple[Any, Any]:
    try:
        from peft import LoraConfig, get_peft_model
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as error:
        raise MissingExtraError(error.name or "peft", "transformers") from None
    dtype = torch.bfloat16 if torch.cuda.is_available() else torch.float32
    try:
        words = AutoTokenizer.from_pretrained(base, trust_remote_code=False)
        model = AutoModelForCausalLM.from_pretrained(
            base, trust_remote_code=False, use_safetensors=True, dtype=dtype
        )
    except Exception as error:  # of transformers, safetensors, the hub
        found = in_one_line(error, 300)
        remedy = "pass --base with a folder or hub id of a chat model with safetensors weights"
        raise ModelError(f"a language model in {base!r}", found, remedy) from None
    torch.manual_seed(recipe.seed)  # for the adapter's beginning
    lora = LoraConfig(
        task_type="CAUSAL_LM",
        r=recipe.lora.rank,
        lora_alpha=recipe.lora.alpha,
        lora_dropout=recipe.lora.dropout,
        target_modules="all-linear",
    )
    model.enable_input_require_grads()  # the base is frozen: else nothing flows back through what is worked out twice
    return get_peft_model(model, lora), words


def _trainer(model: Any, rows: list[dict[str, list[int]]], recipe: LLMRecipe, run: Path, filler: int) -> Any:
    try:
        from transformers import Trainer, TrainingArguments
    except ImportError as error:
        raise MissingExtraError(error.name or "accelerate", "transformers") from None
    gpu = torch.cuda.is_available()
    steps = max(1, round(recipe.epochs * len(rows) / (recipe.batch * recipe.accumulate)))
    arguments = TrainingArguments(
        output_dir=str(run / "checkpoints"),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch,
        gradient_accumulation_steps=recipe.accumulate,
        learning_rate=recipe.rate,
        lr_scheduler_type="cosine",
        warmup_steps=round(recipe.warmup * steps),
        seed=recipe.seed,
        data_seed=recipe.seed,
        bf16=gpu,
        use_cpu=not gpu,
        gradient_checkpointing=gpu,
        gradient_checkpointing_kwargs={"use_reentrant": False} if gpu else None,
        logging_steps=10,
        save_steps=recipe.save_every,
        save_total_limit=2,
        report_to=[],
        disable_tqdm=not sys.stderr.isatty(),
        remove_unused_columns=False,
    )
    return Trainer(model=model, args=arguments, train_dataset=rows, data_collator=Padded(filler))


def newest(run: Path) -> str | None:
    """The newest whole checkpoint of an earlier start."""
    whole = [f.parent for f in (run / "checkpoints").glob("checkpoint-*/trainer_state.json")]
    return str(max(whole, key=lambda folder: int(folder.name.rpartition("-")[2]))) if whole else None
