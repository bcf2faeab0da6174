package io.mcpagent.turn;

import io.mcpagent.audit.Audit;
import io.mcpagent.budget.Budget;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.conversation.Conversations;
import io.mcpagent.conversation.IdempotentReplies;
import io.mcpagent.model.Model;
import io.mcpagent.problem.ProblemException;
import io.mcpagent.telemetry.Telemetry;
import jakarta.inject.Singleton;

/** Where every request for a turn comes in, through whatever door. Safe for use by many threads. */
@Singleton
public final class Turns {

    private final Services services;

    Turns(
            Model model,
            ToolCalls tools,
            Budget budget,
            Conversations conversations,
            IdempotentReplies replies,
            AnswerFormat answers,
            Runs runs,
            Telemetry telemetry,
            Audit audit,
            WaitingCalls waiting,
            AgentConfig config) {
        this.services = new Services(
                model, tools, budget, conversations, replies, answers, runs, telemetry, audit, waiting, config);
    }

    /** What the turns of this process share. */
    record Services(
            Model model,
            ToolCalls tools,
            Budget budget,
            Conversations conversations,
            IdempotentReplies replies,
            AnswerFormat answers,
            Runs runs,
            Telemetry telemetry,
            Audit audit,
            WaitingCalls waiting,
            AgentConfig config) {}

    /**
     * Accepts a request, up to the point from which on it can only succeed or fail as a turn: its place, its key and its conversation are taken.
     * Whoever opens a turn closes it, on the same thread, which runs nothing else meanwhile.
     *
     * @throws ProblemException if it is not accepted; nothing stays taken then
     */
    public OpenTurn open(Question question, Client client) {
        return OpenTurn.of(services, question, client);
    }
}
