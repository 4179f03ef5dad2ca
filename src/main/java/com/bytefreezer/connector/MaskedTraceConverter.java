package com.bytefreezer.connector;

import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.IThrowableProxy;
import com.bytefreezer.connector.config.Secrets;

/** The stack trace of a log line, without secrets. */
public final class MaskedTraceConverter extends ThrowableProxyConverter {
    @Override
    protected String throwableProxyToString(IThrowableProxy throwable) {
        String trace = super.throwableProxyToString(throwable);
        return getContext().getObject(MaskingConverter.SECRETS) instanceof Secrets secrets
                ? secrets.mask(trace)
                : trace;
    }
}
