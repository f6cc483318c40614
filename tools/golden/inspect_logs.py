"""Small logs of inspect_ai, in both of its forms, and the answers in them: what `redorca judge` reads back.

    python tools/golden/inspect_logs.py packages/eval-redorca/test/golden/inspect
Needs: inspect-ai==0.3.285 (no network, no model: the answers are written down here)

Two samples under two epochs. One input is text, the other a conversation whose last message is in parts; one answer is cut at
the token limit, one has a part with the model's reasoning, one input is among the log's attachments, and one sample failed before
it had an answer. A score is NaN, which inspect writes as such. `answers.json` holds what the logs say as inspect itself reads it.
"""
import json
import math
import sys
from pathlib import Path

from inspect_ai.log import EvalConfig, EvalDataset, EvalLog, EvalResults, EvalSample, EvalSpec, EvalStats
from inspect_ai.log import read_eval_log, write_eval_log
from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser, ContentReasoning, ContentText
from inspect_ai.model import ModelOutput
from inspect_ai.model._model_output import ChatCompletionChoice
from inspect_ai.scorer import Score

out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
MODEL = "mockllm/model"


def output(content, stop_reason="stop"):
    message = ChatMessageAssistant(content=content, model=MODEL, source="generate")
    return ModelOutput(model=MODEL, choices=[ChatCompletionChoice(message=message, stop_reason=stop_reason)])


def sample(id, epoch, input, given, score=1.0, attachments=None):
    messages = [ChatMessageUser(content=input)] if isinstance(input, str) else list(input)
    return EvalSample(id=id, epoch=epoch, input=input, target="shelf", messages=messages + [c.message for c in given.choices],
                      output=given, scores={"includes": Score(value=score)}, attachments=attachments or {})


talk = [ChatMessageSystem(content="Be brief."), ChatMessageUser(content="Good morning."),
        ChatMessageAssistant(content="Good morning."),
        ChatMessageUser(content=[ContentText(text="And where"), ContentText(text="is the kettle?")])]
samples = [
    sample("a", 1, "Where is the kettle?", output("On the shelf, “next to the cups” — NaN.")),
    sample("a", 2, "Where is the kettle?", output("On the shelf, next to", "max_tokens"), math.nan),
    sample(2, 1, talk, output([ContentReasoning(reasoning="They ask again."), ContentText(text="On the shelf.")])),
    sample(2, 2, talk, ModelOutput(model=MODEL)),
    sample("long", 1, [ChatMessageUser(content="attachment://0123abc")], output("On the long shelf."), attachments={"0123abc": "Where is the long shelf?"}),
]
spec = EvalSpec(created="2030-01-01T00:00:00+00:00", task="tea", task_id="tea", run_id="run", eval_id="eval", model=MODEL,
                dataset=EvalDataset(name="tea", samples=3), config=EvalConfig(epochs=2))
log = EvalLog(version=2, status="success", eval=spec, stats=EvalStats(), samples=samples,
              results=EvalResults(total_samples=5, completed_samples=4))
for form in ("json", "eval"):
    write_eval_log(log, str(out / f"log.{form}"))

stops = {"stop": "stop", "max_tokens": "length"}


def answer(s):
    last = s.input if isinstance(s.input, str) else [m for m in s.input if m.role == "user"][-1].text
    return {"id": f"{s.id}#{s.epoch}", "prompt": last, "completion": s.output.choices[0].message.text,
            "finishReason": stops[s.output.stop_reason]}


read = {form: read_eval_log(str(out / f"log.{form}"), resolve_attachments=True) for form in ("json", "eval")}
answers = {form: [answer(s) for s in of.samples if s.output.choices] for form, of in read.items()}
(out / "answers.json").write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n")
