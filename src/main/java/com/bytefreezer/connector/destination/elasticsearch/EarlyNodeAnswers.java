package com.bytefreezer.connector.destination.elasticsearch;

import com.bytefreezer.connector.net.EarlyAnswers;
import java.io.IOException;
import javax.net.ssl.SSLException;
import org.apache.http.impl.nio.DefaultNHttpClientConnection;
import org.apache.http.nio.NHttpClientConnection;
import org.apache.http.nio.conn.ManagedNHttpClientConnection;
import org.apache.http.nio.protocol.HttpAsyncRequestExecutor;
import org.apache.http.nio.reactor.IOSession;
import org.apache.http.nio.reactor.ssl.SSLIOSession;

/**
 * Does the same as {@link EarlyAnswers} for the asynchronous client inside Elasticsearch's client. An early success
 * does no harm: {@link Bulk} needs an answer for each record.
 */
final class EarlyNodeAnswers extends HttpAsyncRequestExecutor {
    private static final String LISTENING = EarlyNodeAnswers.class.getName();

    /** Called if a request could not be written or its answer could not be read. */
    @Override
    public void exception(NHttpClientConnection connection, Exception cause) {
        if (isListening(connection)) {
            return;
        }
        connection.getContext().setAttribute(LISTENING, true);
        Exception reason = cause;
        try {
            IOSession session = ((ManagedNHttpClientConnection) connection).getIOSession();
            if (!(session instanceof SSLIOSession tls) || tls.isAppInputReady()) {
                ((DefaultNHttpClientConnection) connection).consumeInput(this);
            }
        } catch (SSLException alert) {
            reason = cause instanceof SSLException ? cause : alert;
        } catch (IOException nothingToRead) {
            // Then the failure stays as it is.
        }
        // Has no effect on a request that has its answer.
        super.exception(connection, reason);
    }

    @Override
    public void endOfInput(NHttpClientConnection connection) throws IOException {
        if (!isListening(connection)) {
            super.endOfInput(connection);
        }
    }

    private static boolean isListening(NHttpClientConnection connection) {
        return connection.getContext().getAttribute(LISTENING) != null;
    }
}
