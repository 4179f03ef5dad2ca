package com.bytefreezer.connector.problem;

import com.bytefreezer.connector.text.PlainText;
import com.bytefreezer.connector.text.Secrets;
import java.util.List;

/**
 * Something that went wrong. Code decides by its {@link Kind}. The text is made where it is shown, because the effect may differ there.
 *
 * @param subject what it is about; empty if the text names it
 * @param what happened, with a full stop
 * @param effect what the connector does now; may be empty
 * @param remedy what to do; may be empty
 */
public record Problem(Kind kind, String subject, String what, String effect, String remedy) {
    /** The effect if an export could not begin. */
    public static final String NOTHING_EXPORTED = "Nothing was exported.";
    /** The effect if the process, or the requested work, could not begin. */
    public static final String NOT_STARTED = "Not started.";

    /** There is one kind for each decision. */
    public enum Kind {
        /** No decision depends on it. */
        OTHER,
        /** A server refuses the keys or the login. */
        FORBIDDEN,
        /** A server accepts the keys and refuses the request. */
        REFUSED,
        /** It does not exist, or no longer exists. */
        GONE,
        /** A server, a network or a disk fails; a retry may succeed. */
        UNREACHABLE,
        /** It needs more memory than there is. */
        NO_MEMORY,
        /** It needs more disk space than there is. */
        NO_ROOM,
        /** It does not end. */
        NO_PROGRESS,
        /** It ended early for an unknown reason. */
        BROKEN_OFF,
        /** An internal error of DuckDB ended its database and all statements on it. */
        INTERNAL,
        /** Somebody stopped it. */
        INTERRUPTED,
        /** The text of a query is wrong. */
        BAD_SQL,
        /** A value cannot be converted to another type. */
        BAD_VALUE,
        /** An object holds a value that DuckDB cannot read. */
        ODD_VALUE,
        /** The cursor cannot be read or written. */
        NOT_RECORDED
    }

    /** An exception with a kind. */
    public interface Known {
        /** The kind of the problem. */
        Kind kind();
    }

    /** A problem without subject, effect and remedy. */
    public Problem(Kind kind, String what) {
        this(kind, "", what, "", "");
    }

    /** A wrong setting or other input, so that nothing starts. */
    public static Problem ofStart(String what, String remedy) {
        return ofStart("", what, remedy);
    }

    /** As above, with a subject. */
    public static Problem ofStart(String subject, String what, String remedy) {
        return new Problem(Kind.OTHER, subject, what, NOT_STARTED, remedy);
    }

    /** The same problem without these secrets. */
    public Problem masked(Secrets secrets) {
        return new Problem(kind, secrets.mask(subject), secrets.mask(what), effect, secrets.mask(remedy));
    }

    /** As one line. */
    public String line() {
        return line(subject, effect);
    }

    /** One line, with {@code otherEffect} in place of the effect; without an effect, it stays as it is. */
    public String saying(String otherEffect) {
        return saying(subject, otherEffect);
    }

    /** As above, with another subject. */
    public String saying(String otherSubject, String otherEffect) {
        return line(otherSubject, effect.isEmpty() ? "" : otherEffect);
    }

    /** The same problem with another subject and another effect. */
    public Problem of(String newSubject, String newEffect) {
        return new Problem(kind, newSubject, what, newEffect, remedy);
    }

    private String line(String ofSubject, String withEffect) {
        String line = ofSubject.isEmpty() ? what : ofSubject + ": " + what;
        for (String part : List.of(withEffect, remedy)) {
            if (!part.isEmpty()) {
                // A server's answer may end without a full stop.
                line = PlainText.sentence(line) + " " + part;
            }
        }
        return PlainText.line(line);
    }
}
