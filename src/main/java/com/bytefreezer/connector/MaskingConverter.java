package com.bytefreezer.connector;

import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import com.bytefreezer.connector.config.Secrets;

/** The message of a log line, without secrets, and at level debug with the exception's own message. */
public final class MaskingConverter extends ClassicConverter {
    /** Under which the logger context holds the {@link Secrets}. */
    static final String SECRETS = "secrets";

    @Override
    public String convert(ILoggingEvent event) {
        IThrowableProxy throwable = event.getThrowableProxy();
        String text = throwable == null
                ? event.getFormattedMessage()
                : event.getFormattedMessage() + " (" + throwable.getClassName() + ": " + throwable.getMessage() + ")";
        return getContext().getObject(SECRETS) instanceof Secrets secrets ? secrets.mask(text) : text;
    }
}
