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
 * Requests of HttpClient to servers that refuse by the head of a request and hang up, say because it is too large (413).
 * Writing it then breaks, but the answer is there, and is taken for what it says. Safe for use by several threads.
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

    /** Lets a request that breaks off be answered, where the answer is a refusal; else it has failed. */
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
                    // A TLS alert tells why; any other failure only that there is no answer either.
                    default -> throw broken == null || failure instanceof SSLException ? failure : broken;
                }
            }
        }

        private ClassicHttpResponse heard(ClassicHttpResponse answer) throws IOException {
            if (broken != null && answer.getCode() < FIRST_REFUSAL) {
                throw broken;
            }
            if (broken != null || answer.getCode() == HttpStatus.SC_REQUEST_TOO_LONG) {
                // The server hangs up, whether it says so or not.
                answer.setHeader(HttpHeaders.CONNECTION, "close");
            }
            return answer;
        }
    }
}
