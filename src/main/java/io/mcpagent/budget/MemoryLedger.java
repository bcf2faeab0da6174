package io.mcpagent.budget;

import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** A ledger in the memory of this process: each task counts for itself. A step locks no more than the stripes of its own accounts. */
final class MemoryLedger implements Ledger {

    private static final int STRIPES = 64;
    private static final int SWEPT_AT_LEAST_AT = 1024;

    /** Changed only under its stripe's lock. */
    private static final class Balance {
        private Amount amount = Amount.ZERO;
        private Instant expires = Instant.MIN;
        private final Set<String> open = new HashSet<>();
    }

    private final ConcurrentHashMap<String, Balance> balances = new ConcurrentHashMap<>();
    private final ReentrantLock[] stripes =
            IntStream.range(0, STRIPES).mapToObj(i -> new ReentrantLock()).toArray(ReentrantLock[]::new);
    private final AtomicLong sweptAt = new AtomicLong(SWEPT_AT_LEAST_AT);
    private final InstantSource clock;
    private final Supplier<Set<String>> conversations;

    /** @param conversations gives the accounts of all conversations that there are */
    MemoryLedger(InstantSource clock, Supplier<Set<String>> conversations) {
        this.clock = clock;
        this.conversations = conversations;
    }

    @Override
    public Optional<Refusal> reserve(String id, Amount amount, List<BudgetAccount> accounts) {
        sweepWhenLarge();
        List<ReentrantLock> locks = lock(accounts);
        try {
            for (BudgetAccount account : accounts) {
                Balance balance = balances.get(account.name());
                boolean counted = balance != null && balance.open.contains(id);
                Amount next = amount.plus(balance == null || expired(balance) ? Amount.ZERO : balance.amount);
                if (!counted && next.microDollars() > account.limit().microDollars()) {
                    return Optional.of(new Refusal(account.name(), true));
                }
                if (!counted && next.tokens() > account.limit().tokens()) {
                    return Optional.of(new Refusal(account.name(), false));
                }
            }
            accounts.forEach(account -> add(id, amount, account));
            return Optional.empty();
        } finally {
            locks.forEach(ReentrantLock::unlock);
        }
    }

    private void add(String id, Amount amount, BudgetAccount account) {
        Balance balance = balances.compute(
                account.name(), (name, known) -> known == null || expired(known) ? new Balance() : known);
        if (balance.open.add(id)) {
            balance.amount = balance.amount.plus(amount);
        }
        balance.expires = balance.expires.isAfter(account.expires()) ? balance.expires : account.expires();
    }

    @Override
    public void settle(String id, Amount reserved, Amount used, List<BudgetAccount> accounts) {
        List<ReentrantLock> locks = lock(accounts);
        try {
            for (BudgetAccount account : accounts) {
                Balance balance = balances.get(account.name());
                if (balance != null && balance.open.remove(id)) {
                    balance.amount = balance.amount.minus(reserved).plus(used);
                }
            }
        } finally {
            locks.forEach(ReentrantLock::unlock);
        }
    }

    @Override
    public Amount balance(String account) {
        ReentrantLock lock = stripes[stripeOf(account)];
        lock.lock();
        try {
            Balance balance = balances.get(account);
            return balance == null || expired(balance) ? Amount.ZERO : balance.amount;
        } finally {
            lock.unlock();
        }
    }

    private boolean over(String name, Balance balance, Set<String> existing) {
        return expired(balance)
                || (Scope.CONVERSATION.owns(name) && balance.open.isEmpty() && !existing.contains(name));
    }

    private boolean expired(Balance balance) {
        return !clock.instant().isBefore(balance.expires);
    }

    /** Locks the stripes of the accounts, always in the same order, so that two threads can't wait for each other. */
    private List<ReentrantLock> lock(List<BudgetAccount> accounts) {
        List<ReentrantLock> locks = accounts.stream()
                .mapToInt(account -> stripeOf(account.name()))
                .sorted()
                .distinct()
                .mapToObj(stripe -> stripes[stripe])
                .toList();
        locks.forEach(ReentrantLock::lock);
        return locks;
    }

    private static int stripeOf(String account) {
        return Math.floorMod(account.hashCode(), STRIPES);
    }

    int size() {
        return balances.size();
    }

    /**
     * Forgets the accounts whose time or whose conversation is over, whenever there are twice as many accounts as were left the last time. So there
     * are never many more of them than conversations and callers.
     */
    private void sweepWhenLarge() {
        long limit = sweptAt.get();
        if (balances.mappingCount() < limit || !sweptAt.compareAndSet(limit, Long.MAX_VALUE)) {
            return;
        }
        // In this order: an account that is among these was opened for a conversation that was there before the second
        // look.
        List<String> names = List.copyOf(balances.keySet());
        Set<String> existing = conversations.get();
        for (String name : names) {
            ReentrantLock lock = stripes[stripeOf(name)];
            lock.lock();
            try {
                balances.computeIfPresent(name, (ignored, balance) -> over(name, balance, existing) ? null : balance);
            } finally {
                lock.unlock();
            }
        }
        sweptAt.set(Math.max(SWEPT_AT_LEAST_AT, 2 * balances.mappingCount()));
    }
}
