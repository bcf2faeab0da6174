/**
 * A chat endpoint over databases. This page walks one streamed turn from its HTTP request to the store, by the methods that it passes.
 *
 * <ol>
 *   <li><b>In.</b> Filters of {@code access} admit the request: size, rate, sign-in. {@code chat.ChatResource} hands what was sent to
 *       {@code door.Questions}, which makes a valid {@code turn.Question} of it, and the question to {@code door.Answering}. Every door
 *       ({@code chat}, {@code openai}, {@code agui}, {@code mcpserver}) does the same, and none knows another.
 *   <li><b>Taken.</b> {@code Answering.stream} opens a {@code turn.OpenTurn}, the one owner of the request: it holds the caller's place, the
 *       idempotency key, the run, and the conversation at its current version, and {@code close()} gives all of it back, whatever happened.
 *   <li><b>The turn.</b> {@code OpenTurn.run} carries out decisions on waiting calls ({@code turn.Approvals}), then lets {@code turn.Turn} run:
 *       ask the model, run the tools that it wants, ask again, until it answers. Everything blocks on one virtual thread, and
 *       {@code turn.Run.cancel} interrupts it: when the client leaves, at the deadline, at shutdown. Nothing else enforces the deadline.
 *   <li><b>The model.</b> {@code Turn.ask} makes the request valid ({@code model.ConverseRules}), reserves what it may cost
 *       ({@code budget.Meter}), and calls {@code model.Models}, which retries and falls back. {@code model.BedrockModel} sends it through
 *       {@code http.HttpConnections}. {@code model.ReplyAssembler} reads the frames; each part goes by {@code turn.StreamedReply} to
 *       {@code door.EventStream} and out, without another thread.
 *   <li><b>The tools.</b> {@code turn.ToolCalls} asks the policy about each call; {@code tools.ToolRound} runs those that may run, reads side by
 *       side, writes alone; {@code turn.MadeCall} is where each call begins and ends; {@code tools.McpToolbox} calls the tool server. What the model wrote as arguments was parsed once, into
 *       {@code model.Arguments}; that value is judged, shown, stored, traced and sent.
 *   <li><b>Out.</b> {@code turn.KeptTurn} stores the turn in one step ({@code conversation.Conversations.save}), with the answer for its
 *       idempotency key. How the turn ended ({@code conversation.TurnOutcome}) is decided in {@code OpenTurn}, once: the answer, the last event, the log, the
 *       metric and the span say the same word. A turn that fails leaves the conversation as it was, unless it has called a tool that may have
 *       changed something: then it is stored as broken off.
 * </ol>
 *
 * <p>Below all of them lie {@code base}, {@code config} and {@code problem}; {@code app} wires the process, and nothing knows it. The packages have
 * no cycle, which {@code architecture.PackagesTest} keeps so.
 */
package io.mcpagent;
