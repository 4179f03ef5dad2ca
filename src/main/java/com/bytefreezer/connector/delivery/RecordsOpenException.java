package com.bytefreezer.connector.delivery;

/** The destination accepted a part of a batch; the other records are worth another try. */
public final class RecordsOpenException extends Exception {
    private static final long serialVersionUID = 1;

    RecordsOpenException(int open, int all, String reason) {
        super("%d of %d records not taken — %s".formatted(open, all, reason));
    }
}
