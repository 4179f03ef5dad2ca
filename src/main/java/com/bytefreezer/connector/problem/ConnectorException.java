package com.bytefreezer.connector.problem;

import com.bytefreezer.connector.text.PlainText;
import org.jspecify.annotations.Nullable;

/**
 * Tells a person about a {@link Problem}. Its line is shown unchanged, without a stack trace; external text in it has passed {@link PlainText}.
 */
public class ConnectorException extends RuntimeException implements Problem.Known {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    /** With the whole line as one text: its effect and remedy cannot be told apart. */
    public ConnectorException(String message) {
        this(message, null);
    }

    /** As {@link #ConnectorException(String)}, with the kind of {@code cause}. */
    public ConnectorException(String message, @Nullable Throwable cause) {
        this(message, "", "", cause);
    }

    /**
     * With the kind of {@code cause}, and with an effect that the catcher may replace, see {@link #saying}.
     *
     * @param what happened, with a full stop
     * @param effect what the connector does now
     * @param remedy what to do; may be empty
     */
    public ConnectorException(String what, String effect, String remedy, @Nullable Throwable cause) {
        this(new Problem(Failures.kind(cause), "", what, effect, remedy), cause);
    }

    /** With the kind of the problem, whatever the cause. */
    public ConnectorException(Problem problem, @Nullable Throwable cause) {
        super(problem.line(), cause);
        this.problem = problem;
    }

    public Problem problem() {
        return problem;
    }

    @Override
    public Problem.Kind kind() {
        return problem.kind();
    }

    /** As {@link Problem#saying(String)}. */
    public String saying(String otherEffect) {
        return problem.saying(otherEffect);
    }

    /** As {@link Problem#saying(String, String)}. */
    public String saying(String otherSubject, String otherEffect) {
        return problem.saying(otherSubject, otherEffect);
    }

    /** The same problem with another subject and another effect. */
    public ConnectorException of(String newSubject, String newEffect) {
        return new ConnectorException(problem.of(newSubject, newEffect), this);
    }
}
