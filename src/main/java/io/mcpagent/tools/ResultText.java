package io.mcpagent.tools;

/** Puts the result of a call into the words that the model reads. */
final class ResultText {

    private ResultText() {}

    static String of(CallAnswer answer) {
        if (answer.error()) {
            return ErrorText.forModel(String.join("\n", answer.blocks()));
        }
        if (answer.total() == 0) {
            return answer.counted() ? "[]" : "The result is too large to be read; ask for fewer rows.";
        }
        if (answer.cut()) {
            String what =
                    answer.total() == 1 && answer.counted() ? "the text" : "the first of " + total(answer) + " rows";
            return answer.blocks().getFirst() + "\n\nOnly the beginning of " + what + " is shown; ask for less.";
        }
        boolean rows = answer.hasOnlyObjects();
        String text = rows ? "[" + String.join(",", answer.blocks()) + "]" : String.join("\n", answer.blocks());
        if (text.isBlank()) {
            return "[]";
        }
        if (!answer.partial()) {
            return text;
        }
        return text + "\n\n" + answer.blocks().size() + " of " + total(answer) + (rows ? " rows" : " parts")
                + " shown; ask for fewer.";
    }

    private static String total(CallAnswer answer) {
        return (answer.counted() ? "" : "more than ") + answer.total();
    }
}
