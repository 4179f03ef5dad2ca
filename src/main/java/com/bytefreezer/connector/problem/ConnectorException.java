package com.bytefreezer.connector.problem;

import com.bytefreezer.connector.text.PlainText;
import org.jspecify.annotations.Nullable;

/**
 * Something a person should know: one line that names the subject, what happened, what the connector does now and what
 * to do. It is shown unchanged, without a stack trace; external text in it has passed {@link PlainText}.
 */
public class ConnectorException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    /** The effect if an export could not even start. */
    public static final String NOTHING_EXPORTED = "Nothing was exported.";

    private final String subject;
    private final String what;
    private final String effect;
    private final String remedy;

    public ConnectorException(String message) {
        this(message, null);
    }

    public ConnectorException(String message, @Nullable Throwable cause) {
        this("", message, "", "", cause);
    }

    /**
     * For a case in which the catcher may know the effect better, see {@link #saying}.
     *
     * @param what happened, with a full stop
     * @param effect what the connector does now
     * @param remedy what to do; may be empty
     */
    public ConnectorException(String what, String effect, String remedy, @Nullable Throwable cause) {
        this("", what, effect, remedy, cause);
    }

    private ConnectorException(String subject, String what, String effect, String remedy, @Nullable Throwable cause) {
        super(line(subject, what, effect, remedy), cause);
        this.subject = subject;
        this.what = what;
        this.effect = effect;
        this.remedy = remedy;
    }

    /** The same line with another effect, or with none; unchanged if it has no effect of its own. */
    public String saying(String otherEffect) {
        return saying(subject, otherEffect);
    }

    /** As above, with another subject. */
    public String saying(String otherSubject, String otherEffect) {
        return line(otherSubject, what, effect.isEmpty() ? "" : otherEffect, remedy);
    }

    /** As above, with a subject and another effect. */
    public ConnectorException of(String newSubject, String newEffect) {
        return new ConnectorException(newSubject, what, newEffect, remedy, this);
    }

    private static String line(String subject, String what, String effect, String remedy) {
        StringBuilder line = new StringBuilder(subject.isEmpty() ? what : subject + ": " + what);
        for (String part : new String[] {effect, remedy}) {
            if (!part.isEmpty()) {
                line.append(' ').append(part);
            }
        }
        return PlainText.line(line.toString());
    }
}
