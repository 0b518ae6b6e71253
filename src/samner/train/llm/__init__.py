"""Adapters for the LLMs of the engine `llm`, trained on the prompts that it asks (docs/llm-training.md)."""
