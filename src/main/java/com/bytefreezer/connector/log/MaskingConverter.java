package com.bytefreezer.connector.log;

import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import com.bytefreezer.connector.text.PlainText;

/** The message of every log line as {@link PlainText}; at level debug with the exception's own message. */
public final class MaskingConverter extends ClassicConverter {
    @Override
    public String convert(ILoggingEvent event) {
        IThrowableProxy throwable = event.getThrowableProxy();
        String text = throwable == null
                ? event.getFormattedMessage()
                : event.getFormattedMessage() + " (" + throwable.getClassName() + ": " + throwable.getMessage() + ")";
        return PlainText.line(text);
    }
}
