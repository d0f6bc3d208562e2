drop cast (varchar as mood);
