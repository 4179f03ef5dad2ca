package com.bytefreezer.connector.lookup;

import com.bytefreezer.connector.text.PlainText;
import java.io.IOException;

/** A file cannot be read as a lookup. The message is the end of a sentence. */
final class BrokenLookup extends IOException {
    private static final long serialVersionUID = 1L;

    BrokenLookup(String what) {
        super(PlainText.line(what));
    }
}
