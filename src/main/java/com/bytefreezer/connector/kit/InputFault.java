package com.bytefreezer.connector.kit;

/** What can happen on the way from a sender to the lake, in the order of the report; the first one is no fault. */
enum InputFault {
    NONE("no fault", "each event is packed"),
    KILLED("process killed twice, on a slow disk", "what was acknowledged is packed"),
    DISK_FULL("disk full, then process killed", "what was acknowledged is packed"),
    SPOOL_FULL("spool full", "what is refused comes again"),
    LAKE_AWAY("lake away", "packed when it is there again"),
    SLOW("slow disk, impatient sender", "each event is packed"),
    REPEATS("sender repeats everything", "each event is packed"),
    HALF("sender stops half-way", "the others are packed"),
    OVERSIZED("one event is too long", "it becomes a dead letter");

    private final String text;
    private final String promised;

    InputFault(String text, String promised) {
        this.text = text;
        this.promised = promised;
    }

    String text() {
        return text;
    }

    String promised() {
        return promised;
    }

    /** Whether the connector runs in a process of its own, which is killed. */
    boolean kills() {
        return this == KILLED || this == DISK_FULL;
    }

    /** Whether each storing takes long. */
    boolean isSlow() {
        return this == KILLED || this == SLOW;
    }
}
