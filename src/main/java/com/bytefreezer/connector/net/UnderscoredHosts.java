package com.bytefreezer.connector.net;

import java.io.IOException;
import java.util.regex.Pattern;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.processor.SendDynamicProcessor;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.AsyncProcessorConverterHelper;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.net.URIAuthority;
import org.jspecify.annotations.Nullable;

/**
 * Lets Camel's HTTP components reach hosts with an underscore: inside Camel, URLs contain the name of {@link
 * HostNames#legal}; the client connects to the real host. Safe for use by several threads.
 */
public final class UnderscoredHosts implements InterceptStrategy, ExecChainHandler {
    private static final Pattern DYNAMIC_HOST = Pattern.compile("https?:(?://)?[^/?]*\\$\\{");

    @Override
    public Processor wrapProcessorInInterceptors(
            CamelContext context, NamedNode step, Processor target, @Nullable Processor nextTarget) {
        if (target instanceof SendDynamicProcessor dynamic
                && DYNAMIC_HOST.matcher(dynamic.getUri()).lookingAt()) {
            // Camel would parse the URL before the component sees it, and find no host.
            dynamic.setAllowOptimisedComponents(false);
        }
        return step.getShortName().equals("to") || step.getShortName().equals("toD")
                ? new Sending(target)
                : AsyncProcessorConverterHelper.convert(target);
    }

    /** A step that can take the URL from a header. */
    private static final class Sending extends DelegateAsyncProcessor {
        Sending(Processor target) {
            super(target);
        }

        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
            if (exchange.getMessage().getHeader(Exchange.HTTP_URI) instanceof String url) {
                exchange.getMessage().setHeader(Exchange.HTTP_URI, HostNames.legal(url));
            }
            return super.process(exchange, callback);
        }
    }

    @Override
    public ClassicHttpResponse execute(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
            throws IOException, HttpException {
        HttpRoute route = scope.route;
        HttpHost target = route.getTargetHost();
        String real = HostNames.real(target.getHostName()).orElse(null);
        if (real == null) {
            return chain.proceed(request, scope);
        }
        request.setAuthority(new URIAuthority(real, request.getAuthority().getPort()));
        HttpRoute realRoute = new HttpRoute(
                new HttpHost(target.getSchemeName(), real, target.getPort()),
                route.getLocalAddress(),
                route.getProxyHost(),
                route.isSecure(),
                route.getTunnelType(),
                route.getLayerType());
        return chain.proceed(
                request,
                new ExecChain.Scope(
                        scope.exchangeId, realRoute, scope.originalRequest, scope.execRuntime, scope.clientContext));
    }
}
