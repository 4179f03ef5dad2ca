package com.bytefreezer.connector.input.file;

import java.io.IOException;

/** The rest of a file cannot be read, also not later; the message says why, as the end of a sentence. */
final class BrokenFileException extends IOException {
    private static final long serialVersionUID = 1L;

    BrokenFileException(String why) {
        super(why);
    }
}
