package com.bytefreezer.connector;

import com.bytefreezer.connector.config.PlainText;
import org.jspecify.annotations.Nullable;

/**
 * Something a person should know: one line that names the subject, what happened, what the connector does now and what
 * to do. Shown as it is, without a stack trace; what of others stands in it is made fit for that ({@link PlainText}).
 */
public class ConnectorException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ConnectorException(String message) {
        this(message, null);
    }

    public ConnectorException(String message, @Nullable Throwable cause) {
        super(PlainText.line(message), cause);
    }
}
