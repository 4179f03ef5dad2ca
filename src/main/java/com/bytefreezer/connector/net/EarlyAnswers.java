package com.bytefreezer.connector.net;

import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import javax.net.ssl.SSLException;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.io.HttpClientConnection;
import org.apache.hc.core5.http.io.HttpResponseInformationCallback;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.jspecify.annotations.Nullable;

/**
 * Requests of HttpClient to servers that refuse a request after reading its head and hang up, for example because it is
 * too large (413). Writing then fails, but the answer has arrived and counts. Safe for use by several threads.
 */
public final class EarlyAnswers extends HttpRequestExecutor {
    private static final int FIRST_REFUSAL = 400;

    @Override
    public ClassicHttpResponse execute(
            ClassicHttpRequest request,
            HttpClientConnection connection,
            @Nullable HttpResponseInformationCallback informed,
            HttpContext context)
            throws IOException, HttpException {
        return super.execute(request, Listening.on(connection), informed, context);
    }

    /**
     * A connection that returns the answer to a request that broke off, if it is a refusal; otherwise the request
     * fails.
     */
    private static final class Listening implements InvocationHandler {
        private final HttpClientConnection connection;
        private @Nullable IOException broken;

        private Listening(HttpClientConnection connection) {
            this.connection = connection;
        }

        static HttpClientConnection on(HttpClientConnection connection) {
            return (HttpClientConnection) Proxy.newProxyInstance(
                    Listening.class.getClassLoader(),
                    new Class<?>[] {HttpClientConnection.class},
                    new Listening(connection));
        }

        @Override
        public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
            try {
                Object result = method.invoke(connection, arguments);
                return result instanceof ClassicHttpResponse answer ? heard(answer) : result;
            } catch (InvocationTargetException e) {
                if (!(e.getCause() instanceof IOException failure)) {
                    throw e.getCause();
                }
                switch (method.getName()) {
                    case "sendRequestEntity", "flush" -> {
                        broken = broken == null ? failure : broken;
                        return null;
                    }
                    // A TLS alert gives the reason; any other failure only means that there is no answer.
                    default -> throw broken == null || failure instanceof SSLException ? failure : broken;
                }
            }
        }

        private ClassicHttpResponse heard(ClassicHttpResponse answer) throws IOException {
            if (broken != null && answer.getCode() < FIRST_REFUSAL) {
                throw broken;
            }
            if (broken != null || answer.getCode() == HttpStatus.SC_REQUEST_TOO_LONG) {
                // The server hangs up, whether it announces this or not.
                answer.setHeader(HttpHeaders.CONNECTION, "close");
            }
            return answer;
        }
    }
}
