"""Labs as pods: how they are made, admitted, refused, watched and cleared away."""
