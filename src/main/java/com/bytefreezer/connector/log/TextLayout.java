package com.bytefreezer.connector.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.LayoutBase;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** A log line for people: time, level and message; and the stack trace, if there is one. */
final class TextLayout extends LayoutBase<ILoggingEvent> {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private final MaskingConverter message = new MaskingConverter();
    private final MaskedTraceConverter trace = new MaskedTraceConverter();

    @Override
    public void start() {
        trace.start();
        super.start();
    }

    @Override
    public String doLayout(ILoggingEvent event) {
        String level = event.getLevel().toString();
        return TIME.format(event.getInstant())
                + ' '
                + level
                + " ".repeat(Math.max(1, 6 - level.length()))
                + message.convert(event)
                + '\n'
                + trace.convert(event);
    }
}
