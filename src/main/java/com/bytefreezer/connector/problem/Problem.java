package com.bytefreezer.connector.problem;

import com.bytefreezer.connector.text.PlainText;
import com.bytefreezer.connector.text.Secrets;

/**
 * Something that went wrong, as a value: what is decided about it is decided by its {@link Kind}, and its text is made
 * where it is shown, since what follows from it may be another thing there.
 *
 * @param subject of whom it is said; empty where the text names it
 * @param what happened, with a full stop
 * @param effect what the connector does now; may be empty
 * @param remedy what to do; may be empty
 */
public record Problem(Kind kind, String subject, String what, String effect, String remedy) {
    /** The effect where an export could not even begin. */
    public static final String NOTHING_EXPORTED = "Nothing was exported.";
    /** The effect where the process, or what was asked of it, could not begin. */
    public static final String NOT_STARTED = "Not started.";

    /** As many as there are decisions. */
    public enum Kind {
        /** Nothing is decided by it. */
        OTHER,
        /** A server refuses the keys or the login. */
        FORBIDDEN,
        /** A server takes the keys and refuses the request. */
        REFUSED,
        /** It is not there, or not any more. */
        GONE,
        /** A server, a network or a disk fails: the same may work later. */
        UNREACHABLE,
        /** It needs more memory than there is. */
        NO_MEMORY,
        /** It needs more room on a disk than there is. */
        NO_ROOM,
        /** It does not come to an end. */
        NO_PROGRESS,
        /** It has ended early, and nobody knows why. */
        BROKEN_OFF,
        /** An error of DuckDB's own ended its database, and with it all statements on it. */
        INTERNAL,
        /** Somebody has stopped it. */
        INTERRUPTED,
        /** The text of a query is wrong. */
        BAD_SQL,
        /** A value cannot be made one of another type. */
        BAD_VALUE,
        /** An object holds a value that DuckDB does not take. */
        ODD_VALUE,
        /** The cursor cannot be read or written. */
        NOT_RECORDED
    }

    /** Whoever carries a kind. */
    public interface Known {
        /** What kind of problem it is. */
        Kind kind();
    }

    /** Without a subject, effect or remedy of its own. */
    public Problem(Kind kind, String what) {
        this(kind, "", what, "", "");
    }

    /** One that follows from the settings, or from what a person has given otherwise, so that nothing is begun. */
    public static Problem ofStart(String what, String remedy) {
        return ofStart("", what, remedy);
    }

    /** The same of a subject. */
    public static Problem ofStart(String subject, String what, String remedy) {
        return new Problem(Kind.OTHER, subject, what, NOT_STARTED, remedy);
    }

    /** Without these secrets. */
    public Problem masked(Secrets secrets) {
        return new Problem(kind, secrets.mask(subject), secrets.mask(what), effect, secrets.mask(remedy));
    }

    /** As one line. */
    public String line() {
        return line(subject, effect);
    }

    /** In one line with another effect, or with none; one without an effect of its own stays as it is. */
    public String saying(String otherEffect) {
        return saying(subject, otherEffect);
    }

    /** The same, and of another subject. */
    public String saying(String otherSubject, String otherEffect) {
        return line(otherSubject, effect.isEmpty() ? "" : otherEffect);
    }

    /** The same of a subject, and with another effect. */
    public Problem of(String newSubject, String newEffect) {
        return new Problem(kind, newSubject, what, newEffect, remedy);
    }

    private String line(String ofSubject, String withEffect) {
        StringBuilder line = new StringBuilder(ofSubject.isEmpty() ? what : ofSubject + ": " + what);
        for (String part : new String[] {withEffect, remedy}) {
            if (!part.isEmpty()) {
                line.append(' ').append(part);
            }
        }
        return PlainText.line(line.toString());
    }
}
