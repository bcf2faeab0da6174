package io.mcpagent.tools;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Ends after so many bytes, and tells whether it did. */
final class LimitedInput extends FilterInputStream {

    private long left;
    private boolean limitReached;

    LimitedInput(InputStream in, long limit) {
        super(in);
        this.left = limit;
    }

    /** The beginning of something longer. */
    static LimitedInput of(InputStream in, boolean limitReached) {
        LimitedInput input = new LimitedInput(in, Long.MAX_VALUE);
        input.limitReached = limitReached;
        return input;
    }

    boolean limitReached() {
        return limitReached;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (left == 0) {
            limitReached = true;
            return -1;
        }
        int read = super.read(buffer, offset, (int) Math.min(length, left));
        if (read > 0) {
            left -= read;
        }
        return read;
    }
}
