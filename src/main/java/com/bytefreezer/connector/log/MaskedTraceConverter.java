package com.bytefreezer.connector.log;

import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.IThrowableProxy;
import com.bytefreezer.connector.text.PlainText;

/** The stack trace of a log line, without secrets. */
public final class MaskedTraceConverter extends ThrowableProxyConverter {
    @Override
    protected String throwableProxyToString(IThrowableProxy throwable) {
        return PlainText.trace(super.throwableProxyToString(throwable));
    }
}
