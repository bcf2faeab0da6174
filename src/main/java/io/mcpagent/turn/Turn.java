package io.mcpagent.turn;

import io.mcpagent.config.AgentConfig;
import io.mcpagent.conversation.History;
import io.mcpagent.conversation.TurnOutcome;
import io.mcpagent.conversation.TurnRecord;
import io.mcpagent.model.Content;
import io.mcpagent.model.ConverseRules;
import io.mcpagent.model.Message;
import io.mcpagent.model.Model;
import io.mcpagent.model.ModelException;
import io.mcpagent.model.ModelReply;
import io.mcpagent.model.ModelRequest;
import io.mcpagent.model.Role;
import io.mcpagent.model.StopReason;
import io.mcpagent.telemetry.ModelCall;
import io.mcpagent.tools.ToolAnswer;
import io.mcpagent.tools.ToolCatalog;
import java.util.List;

/**
 * One turn: asks the model, runs the tools that it wants, and asks again, until it answers. Runs on one virtual thread, which
 * {@link Run#cancel} interrupts; nothing is stored here.
 */
final class Turn {

    private final Model model;
    private final ToolCalls tools;
    private final AgentConfig config;
    private final String system;
    private final Run run;
    private final TurnListener listener;
    private final boolean streaming;
    private final List<TurnRecord> finished;
    private final TurnProgress progress;
    private final MadeCall.Steps steps;

    Turn(
            Model model,
            ToolCalls tools,
            AgentConfig config,
            String system,
            Run run,
            TurnListener listener,
            boolean streaming,
            List<TurnRecord> finished,
            TurnProgress progress,
            MadeCall.Steps steps) {
        this.model = model;
        this.tools = tools;
        this.config = config;
        this.system = system;
        this.run = run;
        this.listener = listener;
        this.streaming = streaming;
        this.finished = finished;
        this.progress = progress;
        this.steps = steps;
    }

    /** The whole turn, from the messages gathered so far to its end. */
    TurnEnd run() throws ModelException, InterruptedException {
        ToolCatalog catalog = tools.catalog(run);
        if (!catalog.available()) {
            progress.notices.add(Texts.TOOLS_UNAVAILABLE);
        } else if (!catalog.leftOut().isEmpty()) {
            progress.notices.add(Texts.leftOut(catalog.leftOut()));
        }
        if (config.model().summaryId().isPresent() && !finished.isEmpty()) {
            History.Chosen chosen = chosen(catalog, finished);
            if (chosen.leftOut() > 0) {
                Summary.make(model, config, run, progress, finished, chosen.first());
            }
        }
        Repairs parts = new Repairs(catalog, finished, tools::refused, progress.notices::add);
        String asked = model.modelId();
        for (int step = 0; step < config.turn().maxSteps(); step++) {
            ModelReply reply = ask(parts);
            asked = reply.modelId();
            Message answer = Answers.message(reply);
            if (!Answers.asksForTools(reply)) {
                if (reply.content().stream()
                        .noneMatch(block -> block instanceof Content.Text(String text) && !text.isBlank())) {
                    say(answer.text());
                }
                progress.messages.add(answer);
                return new TurnEnd.Answered(outcome(reply.stopReason()), asked);
            }
            progress.messages.add(answer);
            Round round = progress.begin(Answers.toolUses(reply), asked);
            tools.run(round, parts.tools(), run, steps, this::toolAnswered);
            if (!round.waiting().isEmpty()) {
                return new TurnEnd.NeedsApproval(asked, round.answers(), round.waiting());
            }
            progress.end(round);
        }
        return stopAtStepLimit(asked);
    }

    private ModelReply ask(Repairs parts) throws ModelException, InterruptedException {
        while (true) {
            try {
                ModelReply reply = ask(request(parts));
                parts.taken();
                return reply;
            } catch (ModelException e) {
                if (!parts.after(e)) {
                    throw e;
                }
            }
        }
    }

    private ModelRequest request(Repairs parts) {
        ToolCatalog catalog = parts.tools();
        History.Chosen chosen = chosen(catalog, parts.finished());
        if (chosen.leftOut() > 0) {
            progress.noticeOnce(Texts.HISTORY_SHORTENED);
        }
        if (chosen.summed() > 0) {
            progress.noticeOnce(Texts.SUMMED_UP);
        }
        if (chosen.cut()) {
            progress.noticeOnce(Texts.RESULTS_CUT);
        }
        String told = told(catalog);
        List<Message> fitting = ConverseRules.fit(
                catalog.definitions().isEmpty() ? ToolsAsText.of(chosen.messages()) : chosen.messages());
        long estimate = TokenEstimate.of(told, fitting, catalog.definitions());
        return new ModelRequest(
                told,
                fitting,
                catalog.definitions(),
                run.deadline(),
                modelId -> progress.meter()
                        .reserve(modelId, estimate, config.model().maxTokens()),
                run.labels());
    }

    private String told(ToolCatalog catalog) {
        return catalog.available() ? system : system + Texts.TELL_MODEL_NO_TOOLS;
    }

    /** As much of the history and of this turn as the model's window has room for beside the rest of the request. */
    private History.Chosen chosen(ToolCatalog catalog, List<TurnRecord> finished) {
        long rest = TokenEstimate.of(told(catalog), List.of(), catalog.definitions());
        long room = progress.meter().longestPrompt(config.model().maxTokens()) - rest;
        return History.of(finished, progress.messages, config.model().maxHistoryTokens(), room);
    }

    private ModelReply ask(ModelRequest request) throws ModelException, InterruptedException {
        StreamedReply heard = new StreamedReply(listener, messageId(), run.telemetry()::textSeen);
        ModelCall call = run.telemetry().modelCall(model.modelId(), request);
        try {
            ModelReply reply = streaming ? stream(request, heard) : model.converse(request);
            call.answered(reply);
            return reply;
        } catch (ModelException e) {
            call.failed(e);
            throw e;
        } catch (InterruptedException | RuntimeException e) {
            call.abandoned();
            throw e;
        } finally {
            if (progress.meter().unpriced()) {
                progress.noticeOnce(Texts.UNPRICED);
            }
        }
    }

    /** Shows the reader a sentence of ours as the answer. */
    private void say(String text) {
        StreamedReply events = new StreamedReply(listener, messageId(), () -> {});
        events.text(text);
        events.endText();
    }

    private ModelReply stream(ModelRequest request, StreamedReply heard) throws ModelException, InterruptedException {
        ModelReply reply = model.stream(request, heard);
        heard.endText();
        listener.flush();
        return reply;
    }

    private String messageId() {
        return run.id() + "-" + (progress.messages.size() + 1);
    }

    private void toolAnswered(String callId, ToolAnswer result) {
        listener.on(new TurnEvent.ToolCallResult(run.id() + "-" + callId, callId, result));
        listener.flush();
    }

    private TurnOutcome outcome(StopReason reason) {
        return switch (reason) {
            case MAX_TOKENS, CONTEXT_WINDOW_EXCEEDED -> {
                progress.notices.add(Texts.CUT_BY_LENGTH);
                yield TurnOutcome.MAX_TOKENS;
            }
            case GUARDRAIL_INTERVENED, CONTENT_FILTERED -> {
                progress.notices.add(Texts.GUARDRAIL);
                yield TurnOutcome.GUARDRAIL;
            }
            case REFUSAL -> {
                progress.notices.add(Texts.MODEL_DECLINED);
                yield TurnOutcome.DECLINED;
            }
            case MALFORMED -> {
                progress.notices.add(Texts.MALFORMED);
                yield TurnOutcome.MALFORMED;
            }
            case END_TURN, TOOL_USE, STOP_SEQUENCE, OTHER -> TurnOutcome.COMPLETED;
        };
    }

    /** The history must end with an answer: the model's is replaced by a sentence of ours, which the reader gets to see too. */
    private TurnEnd stopAtStepLimit(String asked) {
        String text = Texts.stepLimit(config.turn().maxSteps());
        say(text);
        progress.messages.add(new Message(Role.ASSISTANT, List.of(new Content.Text(text))));
        return new TurnEnd.Answered(TurnOutcome.STEP_LIMIT, asked);
    }
}
