package com.bytefreezer.connector.lookup;

import com.bytefreezer.connector.text.LimitedStream;
import com.bytefreezer.connector.text.PlainText;
import java.io.IOException;
import java.io.InputStream;

/** A file cannot be read as a lookup. The message is the end of a sentence. */
final class BrokenLookup extends IOException {
    private static final long serialVersionUID = 1L;

    BrokenLookup(String what) {
        super(PlainText.line(what));
    }

    /** The same bytes, but not more than {@code most}. */
    static InputStream after(long most, InputStream bytes) {
        return new LimitedStream(bytes, most, () -> {
            throw new BrokenLookup("it has more than %,d bytes, see lookups.max-bytes".formatted(most));
        });
    }
}
