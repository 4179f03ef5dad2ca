package com.bytefreezer.connector.problem;

import com.bytefreezer.connector.text.PlainText;
import org.jspecify.annotations.Nullable;

/**
 * Something a person should know: a {@link Problem} whose line names the subject, what happened, what the connector does
 * now and what to do. It is shown unchanged, without a stack trace; external text in it has passed {@link PlainText}.
 */
public class ConnectorException extends RuntimeException implements Problem.Known {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    /** Without an effect or remedy that could be told from the rest. */
    public ConnectorException(String message) {
        this(message, null);
    }

    /** As {@link #ConnectorException(String)}, of the kind of {@code cause}. */
    public ConnectorException(String message, @Nullable Throwable cause) {
        this(message, "", "", cause);
    }

    /**
     * For a case in which the catcher may know the effect better, see {@link #saying}. It has the kind of {@code cause}.
     *
     * @param what happened, with a full stop
     * @param effect what the connector does now
     * @param remedy what to do; may be empty
     */
    public ConnectorException(String what, String effect, String remedy, @Nullable Throwable cause) {
        this(new Problem(Failures.kind(cause), "", what, effect, remedy), cause);
    }

    /** Of the problem's own kind, whatever its cause. */
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

    /** As above, with a subject and another effect. */
    public ConnectorException of(String newSubject, String newEffect) {
        return new ConnectorException(problem.of(newSubject, newEffect), this);
    }
}
