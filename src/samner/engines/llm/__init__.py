"""A frozen LLM at any stage: prompts as versioned files, replies that only select, and the engines made of them."""
